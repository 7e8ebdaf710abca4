/**
 * What the terminal of this process can show.
 *
 * @module
 */

import process from "node:process";

/** The narrowest line that is laid out for, in columns. */
const NARROWEST = 20;

/** True if standard output is a terminal that a person looks at: not in CI. */
export function isInteractive(): boolean {
  return process.stdout.isTTY === true && !isSet(process.env.CI) && process.env.TERM !== "dumb";
}

/** The width of standard output in columns: of a terminal, or in `COLUMNS`. A pipe has no limit. */
export function outputColumns(): number {
  const { COLUMNS: wanted = "" } = process.env;
  const columns = /^[1-9]\d{0,5}$/.test(wanted) ? Number(wanted) : process.stdout.columns;
  return Math.max(columns || Infinity, NARROWEST);
}

/** The height of standard output in lines. */
export function outputRows(): number {
  return process.stdout.rows || 24;
}

/** True if standard output should have colours: see https://no-color.org and https://force-color.org. */
export function outputHasColours(): boolean {
  const { FORCE_COLOR: forced, NO_COLOR: refused, TERM: terminal } = process.env;
  if (forced !== undefined) return isSet(forced);
  if (refused) return false;
  return process.stdout.isTTY === true && terminal !== "dumb";
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0" && value !== "false";
}
