/**
 * The options of the command line, in one table: reading, help and completions are made of it.
 *
 * @module
 */

/** An option. */
export interface OptionDescription {
  /** Its name, without the two hyphens. */
  flag: string;
  /** Its letter. */
  short?: string;
  /** What its value is; an option without one is on or off. */
  value?: string;
  /** The values there are, where they can be listed. */
  values?: readonly string[];
  /** It may stand more than once; the values are joined by commas. */
  repeatable?: boolean;
  /** What it does, in a few words. */
  summary: string;
}

/** Names of options, as the code knows them. */
export type OptionName =
  | "allow"
  | "daemon"
  | "help"
  | "include"
  | "json"
  | "logFile"
  | "name"
  | "now"
  | "output"
  | "runtime"
  | "runtimeDirectory"
  | "startTimeout"
  | "target"
  | "watch"
  | "workers";

/** All options, in the order in which help shows them. */
export const OPTIONS: Record<OptionName, OptionDescription> = {
  workers: {
    flag: "workers",
    short: "w",
    value: "n",
    summary: "how many workers, whatever the app says",
  },
  daemon: {
    flag: "daemon",
    short: "d",
    summary: "return when the workers are ready, and go on apart",
  },
  logFile: { flag: "log-file", value: "path", summary: "where output goes" },
  startTimeout: {
    flag: "start-timeout",
    value: "ms",
    summary: "how long loading and getting ready may take (30000)",
  },
  allow: {
    flag: "allow",
    value: "ffi,run",
    repeatable: true,
    summary: "Deno permissions that workers get all the same",
  },
  runtime: {
    flag: "runtime",
    value: "name",
    values: ["deno", "bun", "node"],
    summary: "which runtime of PATH to use, in place of this one",
  },
  output: { flag: "output", short: "o", value: "path", summary: "the executable to write" },
  target: {
    flag: "target",
    value: "name",
    summary: "another system to compile for, as the runtime calls it",
  },
  include: {
    flag: "include",
    value: "paths",
    repeatable: true,
    summary: "files that the app reads, to go along, with commas between (deno only)",
  },
  now: { flag: "now", summary: "do not wait for connections to finish" },
  watch: { flag: "watch", summary: "show it anew each second" },
  json: { flag: "json", summary: "print JSON" },
  name: { flag: "name", value: "name", summary: "which supervisor, in place of the app's path" },
  runtimeDirectory: {
    flag: "runtime-dir",
    value: "path",
    summary: "where it keeps its control socket and pid file",
  },
  help: { flag: "help", short: "h", summary: "show help" },
};
