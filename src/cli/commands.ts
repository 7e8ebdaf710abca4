/**
 * The commands as they are described: help and completions are made of this.
 *
 * @module
 */

import type { OptionName } from "./options.ts";

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
  },
  reload: {
    summary: "replace the workers by new ones with the app's code of now; no request is lost",
    details: "Where the new code does not load, the old workers go on and the exit code is 1.",
    operand: "app",
    options: ["json", ...WHICH],
  },
  upgrade: {
    summary: "reload, then replace the supervisor by the runtime and the Goer of now",
    details: "Replace the executable on disk first (by mv, not by cp): the new one goes on.",
    operand: "app",
    options: ["json", ...WHICH],
  },
  stop: {
    summary: "finish with all connections, then end",
    operand: "app",
    options: ["now", "json", ...WHICH],
  },
  restart: {
    summary: "stop, then start anew with the same options",
    operand: "app",
    options: ["json", ...WHICH],
  },
  status: {
    summary: "show the services and what each worker has done",
    operand: "app",
    options: ["watch", "json", ...WHICH],
  },
  reopen: {
    summary: "open the log file again, after logrotate has moved it",
    operand: "app",
    options: ["json", ...WHICH],
  },
  connections: {
    summary: "show the open connections",
    operand: "app",
    options: ["json", ...WHICH],
  },
  init: {
    summary: "write a small project for this runtime, which starts at once",
    details: "Into the current folder, where none is named. No file that is there is overwritten.",
    operand: "folder",
    options: ["help"],
  },
  compile: {
    summary: "write one executable of the app and Goer, which has these commands itself",
    details:
      "By deno or bun: the one that runs this command, else the first on PATH, or --runtime.",
    operand: "app",
    options: ["output", "runtime", "target", "include", "help"],
  },
  completions: {
    summary: "print what a shell needs to complete this command line",
    details: `bash   eval "$(goer completions bash)"            in ~/.bashrc
zsh    eval "$(goer completions zsh)"             in ~/.zshrc, after compinit
fish   goer completions fish | source             in ~/.config/fish/config.fish`,
    operand: "shell",
    options: ["help"],
  },
  help: {
    summary: "show this, or the help of one command",
    operand: "command",
    options: ["help"],
  },
  licenses: {
    summary: "show the licences of Goer and of the libraries that are built into it",
    operand: "",
    options: ["help"],
  },
  version: {
    summary: "show the version of Goer",
    operand: "",
    options: ["help"],
  },
};
