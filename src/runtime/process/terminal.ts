/**
 * What the terminal of this process can show.
 *
 * @module
 */

import process from "node:process";
import { isatty } from "node:tty";
import { environmentVariable } from "./environment.ts";

/** The narrowest line that is laid out for, in columns. */
const NARROWEST = 20;

/** Variables of an environment. */
type Environment = Readonly<Record<string, string | undefined>>;

/** True if standard output is a terminal that a person looks at: not in CI. */
export function isInteractive(): boolean {
  return isForPerson(process.env, process.stdout.isTTY === true);
}

/** True if a person looks at an output, and not, for example, the log of a CI. */
export function isForPerson({ CI, TERM }: Environment, terminal: boolean): boolean {
  return terminal && !isSet(CI) && TERM !== "dumb";
}

/**
 * Remembers which of the standard descriptors are terminals.
 *
 * @returns A function that returns true if one of them has been closed: the person has closed its window,
 * or the connection to the machine was lost.
 */
export function terminalWatch(): () => boolean {
  const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
  return () => terminals.some((descriptor) => !isatty(descriptor));
}

/** The width of standard output in columns: of a terminal, or in `COLUMNS`. A pipe has no limit. */
export function outputColumns(): number {
  const wanted = environmentVariable("COLUMNS") ?? "";
  const columns = /^[1-9]\d{0,5}$/.test(wanted) ? Number(wanted) : process.stdout.columns;
  return Math.max(columns || Infinity, NARROWEST);
}

/** The height of standard output in lines. */
export function outputRows(): number {
  return process.stdout.rows || 24;
}

/** True if standard output should have colours: see https://no-color.org and https://force-color.org. */
export function outputHasColours(): boolean {
  return wantsColours(process.env, process.stdout.isTTY === true);
}

/** True if the environment asks for colours on a terminal, or, with `FORCE_COLOR`, in any place. */
export function wantsColours(environment: Environment, terminal: boolean): boolean {
  const { FORCE_COLOR: forced, NO_COLOR: refused, TERM: name } = environment;
  if (forced !== undefined) return isSet(forced);
  if (refused) return false;
  return terminal && name !== "dumb";
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0" && value !== "false";
}
