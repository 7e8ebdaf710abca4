/**
 * Reads the command line.
 *
 * @module
 */

import type { LogFormat } from "../log_record.ts";
import { MAX_DELAY } from "../numbers.ts";
import { MAX_WORKERS, resolveWorkers } from "../process_options.ts";
import { suggestion } from "../suggestion.ts";
import type { PlaceOptions } from "../start_info.ts";
import type { ReloadPlan } from "../supervisor/ipc/messages.ts";
import { type CommandName, COMMANDS } from "./commands.ts";
import { type OptionName, OPTIONS } from "./options.ts";
import { readWords, UsageError } from "./words.ts";

/** A command line, read. */
export interface Arguments {
  command: CommandName;
  /** The argument of the command: usually the app's module. */
  operand?: string;
  /** The arguments of the app: what is after `--`. */
  appArguments: string[];
  workers?: number;
  daemon: boolean;
  name?: string;
  runtimeDirectory?: string;
  logFile?: string;
  /** How the log is written. Overrides the app's option. */
  logFormat?: LogFormat;
  startTimeout?: number;
  /** The runtime from PATH to use. */
  runtime?: string;
  /** The executable to write. */
  output?: string;
  /** Another system to compile for. */
  target?: string;
  /** Files to include in an executable. */
  include: string[];
  /** Permissions that workers keep. */
  allow: string[];
  /** Variables for the app, of its project. */
  env: Record<string, string>;
  /** Files with variables for the app. */
  envFiles: string[];
  /** Where the app listens, in place of its own address. */
  place: PlaceOptions;
  /** Where the admin listener listens. */
  admin?: string;
  /** How many lines of a log to show. */
  lines?: number;
  /** Shows also what is added later. */
  follow: boolean;
  /** Only lines of this worker. */
  worker?: number;
  /** Only lines of this level or a more severe one. */
  level?: string;
  /** Only connections of this service. */
  service?: string;
  /** Only connections whose address begins with this. */
  peer?: string;
  /** Only connections in this state. */
  state?: string;
  json: boolean;
  now: boolean;
  /** Calls off the reload in progress. */
  abort: boolean;
  /** How a reload replaces workers. */
  plan?: ReloadPlan;
  watch: boolean;
  /** The app is the main module of its workers. Internal. */
  entry: boolean;
}

/** What a program knows before it reads its command line. */
export interface Known {
  /** The app, if the command line does not name it. */
  app?: string;
  /** The app is the main module of its workers. */
  entry?: boolean;
}

/**
 * Reads a command line.
 *
 * @param words The words after the program.
 * @throws {UsageError} If it is not valid.
 */
export function readArguments(words: string[], { app, entry }: Known = {}): Arguments {
  const { operands: before, options, rest: after } = readWords(words);
  // Only `start` passes arguments to the app. With other commands, `--` ends the options, as usual.
  const starts = before[0] === "start";
  const given = starts ? before : [...before, ...after];
  const [first = options.has("version") ? "version" : "help", ...rest] = given;
  const asked = commandNamed(first);
  // `goer start --help` is `goer help start`.
  const command = options.has("help") && asked !== "help" ? "help" : asked;
  const { operand } = COMMANDS[command];
  const known = operand === "app" ? app : undefined;
  const operands = command === asked ? rest : [first];
  if (command === asked) refuseForeign(options, command);
  const most = operand === "" || known !== undefined ? 0 : 1;
  if (operands.length > most) throw tooMany(operand, operands, most);
  return {
    command,
    operand: known ?? operands[0],
    appArguments: starts ? after : [],
    workers: workerCount(options.get("workers")),
    daemon: options.has("daemon"),
    name: options.get("name"),
    runtimeDirectory: options.get("runtime-dir"),
    logFile: options.get("log-file"),
    logFormat: choice(options.get("log-format"), "logFormat") as LogFormat | undefined,
    startTimeout: count(options.get("start-timeout"), "start-timeout", 2 ** 31 - 1),
    runtime: choice(options.get("runtime"), "runtime"),
    output: options.get("output"),
    target: options.get("target"),
    include: options.get("include")?.split(",") ?? [],
    allow: options.get("allow")?.split(",") ?? [],
    env: {},
    envFiles: options.get("env-file")?.split(",") ?? [],
    place: placeOptions(options),
    admin: options.get("admin"),
    lines: count(options.get("lines"), "lines", 1_000_000),
    follow: options.has("follow"),
    worker: count(options.get("worker"), "worker", Number.MAX_SAFE_INTEGER),
    level: choice(options.get("level"), "level"),
    service: options.get("service"),
    peer: options.get("peer"),
    state: choice(options.get("state"), "state"),
    json: options.has("json"),
    now: options.has("now"),
    abort: options.has("abort"),
    plan: reloadPlan(options),
    watch: options.has("watch"),
    entry: options.has("entry") || entry === true,
  };
}

/** Where the app listens: a whole address, or parts of it. */
function placeOptions(options: ReadonlyMap<string, string>): PlaceOptions {
  const [listen, hostname, port] = ["listen", "hostname", "port"].map((flag) => options.get(flag));
  if (listen !== undefined && (hostname ?? port) !== undefined) {
    throw new UsageError(
      `Use either --listen or --hostname and --port, not both: got --listen ${listen}`,
    );
  }
  if (port !== undefined && (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)) {
    throw new UsageError(
      `Invalid value for --port: expected a whole number from 0 to 65535, got "${port}"`,
    );
  }
  return { listen, hostname, port };
}

/** How a reload replaces workers; undefined if all at once. */
function reloadPlan(options: ReadonlyMap<string, string>): ReloadPlan | undefined {
  const batch = count(options.get("batch"), "batch", MAX_DELAY);
  const canary = count(options.get("canary"), "canary", MAX_DELAY);
  const watch = duration(options.get("for"), "for");
  if (watch !== undefined && canary === undefined) {
    throw new UsageError("Option --for needs --canary: it is how long the canaries serve");
  }
  if (batch === undefined && canary === undefined) return undefined;
  if (!options.has("abort")) return { batch, canary, watch };
  throw new UsageError("Option --abort calls a reload off: use it without --batch and --canary");
}

/** The units of times, in ms. */
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A time such as `30s`, in ms. */
function duration(word: string | undefined, flag: string): number | undefined {
  if (word === undefined) return undefined;
  const [, digits, unit] = /^([0-9]+)(ms|s|m|h)$/.exec(word) ?? [];
  const time = Number(digits) * UNITS[unit];
  if (time >= 1 && time <= MAX_DELAY) return time;
  throw new UsageError(
    `Invalid value for --${flag}: expected a number and ms, s, m or h, as in 30s, up to 24 days, ` +
      `got "${word}"`,
  );
}

/** Ignoring an option that does not apply would hide a mistake. */
function refuseForeign(given: ReadonlyMap<string, string>, command: CommandName): void {
  const own: readonly OptionName[] = COMMANDS[command].options;
  for (const [name, { flag }] of Object.entries(OPTIONS)) {
    if (given.has(flag) && !own.includes(name as OptionName)) {
      const flags = own.map((name) => OPTIONS[name].flag);
      throw new UsageError(
        `Option --${flag} does not apply to goer ${command}${suggestion(flag, flags, "--")}`,
      );
    }
  }
}

function tooMany(operand: string, words: string[], most: number): UsageError {
  if (most === 0) return new UsageError(`Unexpected argument "${words[0]}"`);
  const given = words.map((word) => `"${word}"`).join(", ");
  return new UsageError(`Expected one ${operand}, got ${words.length}: ${given}`);
}

function choice(word: string | undefined, option: OptionName): string | undefined {
  const { flag, values = [] } = OPTIONS[option];
  if (word === undefined || values.includes(word)) return word;
  throw new UsageError(
    `Invalid value for --${flag}: expected one of ${values.join(", ")}, got "${word}"`,
  );
}

function workerCount(word: string | undefined): number | undefined {
  return word === "auto" ? resolveWorkers(word) : count(word, "workers", MAX_WORKERS);
}

function count(word: string | undefined, flag: string, most: number): number | undefined {
  if (word === undefined) return undefined;
  if (!/^[0-9]+$/.test(word) || Number(word) < 1 || Number(word) > most) {
    throw new UsageError(
      `Invalid value for --${flag}: expected a whole number from 1 to ${most}, got "${word}"`,
    );
  }
  return Number(word);
}

/** The command of this name. */
export function commandNamed(name: string): CommandName {
  if (Object.hasOwn(COMMANDS, name)) return name as CommandName;
  throw new UsageError(`Unknown command "${name}"${suggestion(name, Object.keys(COMMANDS))}`);
}
