/**
 * The options of the command line: the source of the parser, help and completions.
 *
 * @module
 */

/** An option. */
export interface OptionDescription {
  /** Its name, without the two hyphens. */
  flag: string;
  /** Its letter. */
  short?: string;
  /** The placeholder for its value. An option without one is on or off. */
  value?: string;
  /** The possible values, if there are only a few. */
  values?: readonly string[];
  /** The option can be repeated. Its values are joined with commas. */
  repeatable?: boolean;
  /** What it does, in a few words: with any command, or with each one that takes it. */
  summary: string | Readonly<Record<string, string>>;
  /** The default, for people. */
  default?: string;
}

/** The names of options in code. */
export type OptionName =
  | "abort"
  | "admin"
  | "allow"
  | "batch"
  | "canary"
  | "daemon"
  | "for"
  | "envFile"
  | "follow"
  | "help"
  | "hostname"
  | "include"
  | "json"
  | "level"
  | "lines"
  | "listen"
  | "logFile"
  | "logFormat"
  | "name"
  | "now"
  | "output"
  | "peer"
  | "port"
  | "runtime"
  | "runtimeDirectory"
  | "service"
  | "startTimeout"
  | "state"
  | "target"
  | "watch"
  | "worker"
  | "workers";

/** All options, in the order in which help shows them. */
export const OPTIONS: Record<OptionName, OptionDescription> = {
  listen: {
    flag: "listen",
    value: "address",
    summary: "Address, or only its port or host:port",
    default: "the app's",
  },
  port: { flag: "port", value: "n", summary: "Port: overrides the app's. 0 is any free port" },
  hostname: { flag: "hostname", value: "host", summary: "Host: overrides the app's" },
  workers: {
    flag: "workers",
    short: "w",
    value: "n",
    summary: "Workers: 1 to 1024, or auto for one per processor",
    default: "the app's",
  },
  daemon: {
    flag: "daemon",
    short: "d",
    summary: "Run in the background, and return when the workers are ready",
  },
  logFile: {
    flag: "log-file",
    value: "path",
    summary: "Log file",
    default: "the terminal; goer.log with --daemon",
  },
  logFormat: {
    flag: "log-format",
    value: "format",
    values: ["text", "json"],
    summary: "How the log is written",
    default: "the app's",
  },
  admin: {
    flag: "admin",
    value: "address",
    summary: "Serve metrics and health, as in 127.0.0.1:9464",
    default: "the app's",
  },
  startTimeout: {
    flag: "start-timeout",
    value: "ms",
    summary: "Time limit until the workers are ready",
    default: "30000",
  },
  envFile: {
    flag: "env-file",
    value: "paths",
    repeatable: true,
    summary: "Files with variables for the app, separated by commas",
    default: ".env",
  },
  allow: {
    flag: "allow",
    value: "ffi,run",
    repeatable: true,
    summary: "Deno permissions that workers keep",
    default: "none",
  },
  runtime: {
    flag: "runtime",
    value: "name",
    values: ["deno", "bun", "node"],
    summary: "Use this runtime from PATH",
    default: "this runtime",
  },
  output: {
    flag: "output",
    short: "o",
    value: "path",
    summary: "Path of the executable",
    default: "the app's name",
  },
  target: {
    flag: "target",
    value: "name",
    summary: "System to compile for, as named by deno or bun",
    default: "this system",
  },
  include: {
    flag: "include",
    value: "paths",
    repeatable: true,
    summary: "Files that the app reads, separated by commas (Deno only)",
  },
  follow: { flag: "follow", short: "f", summary: "Continue with new lines, until Ctrl+C" },
  lines: { flag: "lines", short: "n", value: "n", summary: "How many lines", default: "100" },
  worker: { flag: "worker", value: "n", summary: "Only lines of this worker" },
  level: {
    flag: "level",
    value: "level",
    values: ["debug", "info", "warn", "error"],
    summary: "Only lines of this level or a more severe one",
  },
  service: { flag: "service", value: "name", summary: "Only connections of this service" },
  peer: { flag: "peer", value: "address", summary: "Only peers whose address begins with this" },
  state: {
    flag: "state",
    value: "state",
    values: ["open", "closing"],
    summary: "Only connections in this state",
  },
  batch: {
    flag: "batch",
    value: "n",
    summary: "Replace n workers at a time",
    default: "all",
  },
  canary: {
    flag: "canary",
    value: "n",
    summary: "First let n new workers serve beside the old ones",
  },
  for: {
    flag: "for",
    value: "time",
    summary: "How long, with --canary: a number and ms, s, m or h",
    default: "30s",
  },
  abort: { flag: "abort", summary: "Call off the reload in progress" },
  now: { flag: "now", summary: "Do not wait for connections to finish" },
  watch: {
    flag: "watch",
    summary: {
      start: "Reload when the code changes",
      status: "Refresh each second",
      connections: "Refresh each second",
    },
  },
  json: { flag: "json", summary: "Print JSON" },
  name: {
    flag: "name",
    value: "name",
    summary: "Name of the supervisor",
    default: "from the app's path",
  },
  runtimeDirectory: {
    flag: "runtime-dir",
    value: "path",
    summary: "Directory of the control socket and the pid file",
    default: "by name",
  },
  help: { flag: "help", short: "h", summary: "Show help" },
};

/** What an option does with a command. */
export function summaryOf(option: OptionName, command: string): string {
  const { summary } = OPTIONS[option];
  return typeof summary === "string" ? summary : summary[command];
}
