/**
 * The commands, each with what it does and how it is called: help and completions are made of this.
 *
 * @module
 */

import type { Arguments } from "./arguments.ts";
import { compile } from "./compile.ts";
import { completions } from "./completions.ts";
import { connections, reload, reopen, restart, status, stop, upgrade } from "./control.ts";
import { init } from "./init.ts";
import { licenses } from "./licenses.ts";
import type { OptionName } from "./options.ts";
import type { Program } from "./program.ts";
import { help, version } from "./usage.ts";

/** A command. */
export interface CommandDescription {
  /** In one line. */
  summary: string;
  /** More, for its own help. */
  details?: string;
  /** What it is about: it stands after the command. */
  operand: "app" | "command" | "folder" | "shell" | "";
  /** The options that it takes. */
  options: readonly OptionName[];
  /** Returns the exit code. */
  run(read: Arguments, program: Program): number | Promise<number>;
}

/** The names of commands. */
export type CommandName =
  | "compile"
  | "completions"
  | "connections"
  | "help"
  | "init"
  | "licenses"
  | "reload"
  | "reopen"
  | "restart"
  | "start"
  | "status"
  | "stop"
  | "upgrade"
  | "version";

/** The options that say which supervisor is meant. */
const WHICH = ["name", "runtimeDirectory", "help"] as const;

/** All commands, in the order in which help shows them. */
export const COMMANDS: Record<CommandName, CommandDescription> = {
  start: {
    summary: "load the app, open its sockets, start its workers",
    details: "Ctrl+C, or SIGTERM, finishes with all connections and ends.",
    operand: "app",
    options: ["workers", "daemon", "logFile", "startTimeout", "allow", "runtime", "json", ...WHICH],
    // It alone needs the supervisor's modules: without them, the other commands answer sooner.
    run: async (read, program) => (await import("./start.ts")).start(read, program),
  },
  reload: {
    summary: "replace the workers by new ones with the app's code of now; no request is lost",
    details: "Where the new code does not load, the old workers go on and the exit code is 1.",
    operand: "app",
    options: ["json", ...WHICH],
    run: reload,
  },
  upgrade: {
    summary: "reload, then replace the supervisor by the runtime and the Goer of now",
    details: "Replace the executable on disk first (by mv, not by cp): the new one goes on.",
    operand: "app",
    options: ["json", ...WHICH],
    run: upgrade,
  },
  stop: {
    summary: "finish with all connections, then end",
    operand: "app",
    options: ["now", "json", ...WHICH],
    run: stop,
  },
  restart: {
    summary: "stop, then start anew with the same options",
    operand: "app",
    options: ["json", ...WHICH],
    run: restart,
  },
  status: {
    summary: "show the services and what each worker has done",
    operand: "app",
    options: ["watch", "json", ...WHICH],
    run: status,
  },
  reopen: {
    summary: "open the log file again, after logrotate has moved it",
    operand: "app",
    options: ["json", ...WHICH],
    run: reopen,
  },
  connections: {
    summary: "show the open connections",
    operand: "app",
    options: ["json", ...WHICH],
    run: connections,
  },
  init: {
    summary: "write a small project for this runtime, which starts at once",
    details: "Into the current folder, where none is named. No file that is there is overwritten.",
    operand: "folder",
    options: ["help"],
    run: init,
  },
  compile: {
    summary: "write one executable of the app and Goer, which has these commands itself",
    details:
      "By deno or bun: the one that runs this command, else the first on PATH, or --runtime.",
    operand: "app",
    options: ["output", "runtime", "target", "include", "help"],
    run: compile,
  },
  completions: {
    summary: "print what a shell needs to complete this command line",
    details: `bash   eval "$(goer completions bash)"            in ~/.bashrc
zsh    eval "$(goer completions zsh)"             in ~/.zshrc, after compinit
fish   goer completions fish | source             in ~/.config/fish/config.fish`,
    operand: "shell",
    options: ["help"],
    run: completions,
  },
  help: {
    summary: "show this, or the help of one command",
    operand: "command",
    options: ["help"],
    run: help,
  },
  licenses: {
    summary: "show the licences of Goer and of the libraries that are built into it",
    operand: "",
    options: ["help"],
    run: licenses,
  },
  version: {
    summary: "show the version of Goer",
    operand: "",
    options: ["help"],
    run: version,
  },
};
