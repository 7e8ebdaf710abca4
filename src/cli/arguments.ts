/**
 * What stands on the command line.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { MAX_WORKERS } from "../process_options.ts";
import { type CommandName, COMMANDS } from "./commands.ts";
import { type OptionDescription, type OptionName, OPTIONS } from "./options.ts";

/** A command line, read. */
export interface Arguments {
  command: CommandName;
  /** What the command is about: the app's module, mostly. */
  operand?: string;
  workers?: number;
  daemon: boolean;
  name?: string;
  runtimeDirectory?: string;
  logFile?: string;
  startTimeout?: number;
  /** The runtime of PATH to use. */
  runtime?: string;
  /** The executable to write. */
  output?: string;
  /** Another system to compile for. */
  target?: string;
  /** Files that go along into an executable. */
  include: string[];
  /** Permissions that workers get although only the supervisor needs them. */
  allow: string[];
  json: boolean;
  now: boolean;
  watch: boolean;
  /** The app is run itself: it is the main module of its workers. Not for people. */
  entry: boolean;
}

/** What is wrong with a command line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Options that help does not show. */
const HIDDEN = { entry: "entry", version: "version" } as const;

/** What a program knows before it reads its command line. */
export interface Known {
  /** The app, where it is not to be named. */
  app?: string;
  /** The app was run itself: it is the main module of its workers. */
  entry?: boolean;
}

/**
 * Reads a command line.
 *
 * @param words What stands after the program.
 * @throws {UsageError} Where it means nothing.
 */
export function readArguments(words: string[], { app, entry }: Known = {}): Arguments {
  const parsed = parse(words);
  const [first = parsed.version ? "version" : "help", ...rest] = parsed._.map(String);
  const asked = commandNamed(first);
  // The help of a command is help with that command.
  const command = parsed.help && asked !== "help" ? "help" : asked;
  const { operand, options } = COMMANDS[command];
  const known = operand === "app" ? app : undefined;
  const operands = command === asked ? rest : [first];
  if (command === asked) refuseForeign(parsed, command, options);
  const most = operand === "" || known !== undefined ? 0 : 1;
  if (operands.length > most) throw tooMany(operand, operands, most);
  return {
    command,
    operand: known ?? operands[0],
    workers: count(parsed.workers, "workers", MAX_WORKERS),
    daemon: parsed.daemon === true,
    name: text(parsed.name, "name"),
    runtimeDirectory: text(parsed["runtime-dir"], "runtime-dir"),
    logFile: text(parsed["log-file"], "log-file"),
    startTimeout: count(parsed["start-timeout"], "start-timeout", 2 ** 31 - 1),
    runtime: choice(parsed.runtime, "runtime"),
    output: text(parsed.output, "output"),
    target: text(parsed.target, "target"),
    include: text(parsed.include, "include")?.split(",") ?? [],
    allow: text(parsed.allow, "allow")?.split(",") ?? [],
    json: parsed.json === true,
    now: parsed.now === true,
    watch: parsed.watch === true,
    entry: parsed.entry === true || entry === true,
  };
}

function parse(words: string[]): Record<string, unknown> & { _: unknown[] } {
  const descriptions: OptionDescription[] = Object.values(OPTIONS);
  const short = descriptions.flatMap(({ short, flag }) => short ? [[short, flag]] : []);
  return parseArgs(words, {
    boolean: [
      ...descriptions.filter(({ value }) => !value).map(({ flag }) => flag),
      ...Object.values(HIDDEN),
    ],
    string: descriptions.filter(({ value }) => value).map(({ flag }) => flag),
    alias: { ...Object.fromEntries(short), V: HIDDEN.version },
    unknown: refuseUnknown,
  });
}

/** An option that a command does not take would do nothing, and nobody would know. */
function refuseForeign(
  parsed: Record<string, unknown>,
  command: CommandName,
  own: readonly OptionName[],
): void {
  for (const [name, { flag }] of Object.entries(OPTIONS)) {
    const given = parsed[flag] !== undefined && parsed[flag] !== false;
    if (given && !own.includes(name as OptionName)) {
      throw new UsageError(`${command} takes no option --${flag}`);
    }
  }
}

function tooMany(operand: string, words: string[], most: number): UsageError {
  if (most === 0) return new UsageError(`nothing may follow here, not ${words.join(" ")}`);
  return new UsageError(`one ${operand} at a time, not ${words.join(" ")}`);
}

/** Gives `undefined` for an option that was not named. */
function text(value: unknown, flag: string): string | undefined {
  if (value === undefined) return undefined;
  if (value === "") throw new UsageError(`--${flag} has no value`);
  return String(value);
}

function choice(value: unknown, option: OptionName): string | undefined {
  const { flag, values = [] } = OPTIONS[option];
  const word = text(value, flag);
  if (word === undefined || values.includes(word)) return word;
  throw new UsageError(`--${flag} has to be one of ${values.join(", ")}, not ${word}`);
}

function count(value: unknown, name: string, most: number): number | undefined {
  const words = text(value, name);
  if (words === undefined) return undefined;
  if (!/^[0-9]+$/.test(words) || Number(words) < 1 || Number(words) > most) {
    throw new UsageError(`--${name} has to be a whole number from 1 to ${most}, not ${words}`);
  }
  return Number(words);
}

/** The command of this name. */
export function commandNamed(name: string): CommandName {
  if (Object.hasOwn(COMMANDS, name)) return name as CommandName;
  throw new UsageError(`there is no command ${name}`);
}

function refuseUnknown(argument: string): boolean {
  if (/^-/.test(argument)) throw new UsageError(`there is no option ${argument}`);
  return true;
}
