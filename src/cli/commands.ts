/**
 * The commands, each with what it does and how it is called.
 *
 * @module
 */

import type { Arguments } from "./arguments.ts";
import { connections, reload, restart, status, stop, upgrade } from "./control.ts";
import { start } from "./start.ts";

/** A command. */
export interface CommandDescription {
  /** In one line. */
  summary: string;
  /** The options that it takes, beside those that say which supervisor is meant. */
  options: readonly (keyof typeof OPTIONS)[];
  /** Returns the exit code. */
  run(read: Arguments): Promise<number>;
}

/** The names of commands. */
export type CommandName =
  | "connections"
  | "reload"
  | "restart"
  | "start"
  | "status"
  | "stop"
  | "upgrade";

/** The options, as help shows them. */
export const OPTIONS = {
  workers: "-w, --workers <n>       how many workers, whatever the app says",
  daemon: "-d, --daemon            return when the workers are ready, and go on apart",
  logFile: "--log-file <path>       where output goes",
  startTimeout: "--start-timeout <ms>    how long loading and getting ready may take (30000)",
  allow: "--allow <ffi,run>       Deno permissions that workers get all the same",
  now: "--now                   do not wait for connections to finish",
  watch: "--watch                 show it anew each second",
  json: "--json                  print JSON",
  name: "--name <name>           which supervisor, in place of the app's path",
  runtimeDirectory: "--runtime-dir <path>    where it keeps its control socket and pid file",
} as const;

/** All commands. */
export const COMMANDS: Record<CommandName, CommandDescription> = {
  start: {
    summary: "load the app, open its sockets, start its workers",
    options: ["workers", "daemon", "logFile", "startTimeout", "allow", "json"],
    run: start,
  },
  reload: {
    summary: "replace the workers by new ones with the app's code of now; no request is lost",
    options: ["json"],
    run: reload,
  },
  upgrade: {
    summary: "reload, then replace the supervisor by the runtime and the Goer of now",
    options: ["json"],
    run: upgrade,
  },
  stop: {
    summary: "finish with all connections, then end",
    options: ["now", "json"],
    run: stop,
  },
  restart: {
    summary: "stop, then start anew with the same options",
    options: ["json"],
    run: restart,
  },
  status: {
    summary: "show the services and what each worker has done",
    options: ["watch", "json"],
    run: status,
  },
  connections: {
    summary: "show the open connections",
    options: ["json"],
    run: connections,
  },
};
