/**
 * What stands on the command line.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { type CommandName, COMMANDS } from "./commands.ts";

/** A command line, read. */
export interface Arguments {
  command: CommandName | "help" | "version";
  /** The app's module, where one is named. */
  app?: string;
  workers?: number;
  daemon: boolean;
  name?: string;
  runtimeDirectory?: string;
  logFile?: string;
  startTimeout?: number;
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

const FLAGS = ["daemon", "json", "now", "watch", "help", "version", "entry"];
const TEXTS = ["workers", "name", "runtime-dir", "log-file", "start-timeout", "allow"];
const SHORT = { w: "workers", d: "daemon", h: "help", V: "version" };

/**
 * Reads a command line.
 *
 * @param words What stands after the program.
 * @param entry The app, where it was run itself and is not to be named.
 * @throws {UsageError} Where it means nothing.
 */
export function readArguments(words: string[], entry?: string): Arguments {
  const parsed = parseArgs(words, {
    boolean: FLAGS,
    string: TEXTS,
    alias: SHORT,
    unknown: refuseUnknown,
  }) as Record<string, unknown> & { _: unknown[] };
  const [command = "help", ...rest] = parsed._.map(String);
  const apps = entry === undefined ? rest : [entry, ...rest];
  if (apps.length > 1) throw new UsageError(`one app at a time, not ${apps.join(" ")}`);
  return {
    command: parsed.help ? "help" : parsed.version ? "version" : commandNamed(command),
    app: apps[0],
    workers: count(parsed.workers, "workers", 1),
    daemon: parsed.daemon === true,
    name: text(parsed.name),
    runtimeDirectory: text(parsed["runtime-dir"]),
    logFile: text(parsed["log-file"]),
    startTimeout: count(parsed["start-timeout"], "start-timeout", 1),
    allow: text(parsed.allow)?.split(",") ?? [],
    json: parsed.json === true,
    now: parsed.now === true,
    watch: parsed.watch === true,
    entry: parsed.entry === true || entry !== undefined,
  };
}

/** Gives `undefined` for an option that was not named. */
function text(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (value === "") throw new UsageError("an option has no value");
  return String(value);
}

function count(value: unknown, name: string, least: number): number | undefined {
  const words = text(value);
  if (words === undefined) return undefined;
  if (!/^[0-9]+$/.test(words) || Number(words) < least) {
    throw new UsageError(`--${name} has to be a whole number from ${least} on, not ${words}`);
  }
  return Number(words);
}

function commandNamed(name: string): Arguments["command"] {
  if (name === "help" || name === "version" || name in COMMANDS) {
    return name as Arguments["command"];
  }
  throw new UsageError(`there is no command ${name}`);
}

function refuseUnknown(argument: string): boolean {
  if (/^-/.test(argument)) throw new UsageError(`there is no option ${argument}`);
  return true;
}
