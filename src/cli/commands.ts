/**
 * The commands and their descriptions: the source of help and completions.
 *
 * @module
 */

import { CONNECTIONS_LEGEND, STATUS_LEGEND, TOP_LEGEND } from "./legends.ts";
import type { OptionName } from "./options.ts";

/** A command. */
export interface CommandDescription {
  /** The heading that help lists it under. */
  section: Section;
  /** One line. */
  summary: string;
  /** More, for the command's own help. */
  details?: string;
  /** The argument after the command. */
  operand: "app" | "command" | "folder" | "shell" | "";
  /** The options of the command. */
  options: readonly OptionName[];
  /** Command lines that show its use. */
  examples: readonly string[];
}

/** The headings of the help, in order. */
export const SECTIONS = [
  "Run an app",
  "Inspect a running app",
  "Create and build",
  "More",
] as const;

type Section = typeof SECTIONS[number];

/** The names of commands. */
export type CommandName =
  | "compile"
  | "completions"
  | "connections"
  | "help"
  | "init"
  | "licenses"
  | "list"
  | "logs"
  | "reload"
  | "reopen"
  | "restart"
  | "start"
  | "status"
  | "stop"
  | "top"
  | "upgrade"
  | "version";

/** The options that select a supervisor. */
const WHICH = ["name", "runtimeDirectory", "help"] as const;

/** All commands, in the order in which help shows them. */
export const COMMANDS: Record<CommandName, CommandDescription> = {
  start: {
    section: "Run an app",
    summary: "Start the app and its workers",
    details: `To stop it, press Ctrl+C or send SIGTERM. Connections can finish first.
The app gets the words after --, also after a reload or upgrade.`,
    operand: "app",
    options: [
      "listen",
      "port",
      "hostname",
      "workers",
      "daemon",
      "logFile",
      "logFormat",
      "admin",
      "envFile",
      "watch",
      "startTimeout",
      "allow",
      "runtime",
      "json",
      ...WHICH,
    ],
    examples: [
      "goer start app.ts",
      "goer start app.ts --workers 4 --daemon",
      "goer start app.ts --hostname 0.0.0.0 --port 8080",
      "goer start app.ts --watch",
      "goer start app.ts -- --verbose input.txt",
    ],
  },
  reload: {
    section: "Run an app",
    summary: "Replace the workers with new ones that run the current code, without downtime",
    details: `If the new code does not load, the old workers continue and the exit code is 1.
With --canary, the other workers follow if no new worker dies in that time.`,
    operand: "app",
    options: ["batch", "canary", "for", "abort", "json", ...WHICH],
    examples: [
      "goer reload app.ts",
      "goer reload app.ts --batch 1",
      "goer reload app.ts --canary 1 --for 5m",
      "goer reload app.ts --abort",
    ],
  },
  upgrade: {
    section: "Run an app",
    summary: "Reload, then replace the supervisor with the installed Goer and runtime",
    details: "To upgrade an executable, replace it on disk first. Use mv, not cp.",
    operand: "app",
    options: ["json", ...WHICH],
    examples: ["goer upgrade app.ts", "goer upgrade --name my-app"],
  },
  stop: {
    section: "Run an app",
    summary: "Stop the app when its connections have finished",
    operand: "app",
    options: ["now", "json", ...WHICH],
    examples: ["goer stop app.ts", "goer stop app.ts --now"],
  },
  restart: {
    section: "Run an app",
    summary: "Stop the app, then start it again with the same options",
    operand: "app",
    options: ["json", ...WHICH],
    examples: ["goer restart app.ts", "goer restart --name my-app"],
  },
  status: {
    section: "Inspect a running app",
    summary: "Show services, workers and their statistics",
    details: STATUS_LEGEND,
    operand: "app",
    options: ["watch", "json", ...WHICH],
    examples: ["goer status app.ts --watch", "goer status app.ts --json"],
  },
  reopen: {
    section: "Inspect a running app",
    summary: "Open the log file again after logrotate has moved it",
    operand: "app",
    options: ["json", ...WHICH],
    examples: ["goer reopen app.ts", "goer reopen --name my-app"],
  },
  connections: {
    section: "Inspect a running app",
    summary: "Show open connections",
    details: CONNECTIONS_LEGEND,
    operand: "app",
    options: ["service", "peer", "state", "watch", "json", ...WHICH],
    examples: ["goer connections app.ts", "goer connections app.ts --watch --peer 192.0.2."],
  },
  logs: {
    section: "Inspect a running app",
    summary: "Show the end of the log file",
    operand: "app",
    options: ["follow", "lines", "worker", "level", ...WHICH],
    examples: ["goer logs app.ts -f", "goer logs app.ts -n 500 --level warn"],
  },
  top: {
    section: "Inspect a running app",
    summary: "Watch workers, rates and the busiest connections on a full screen",
    details: TOP_LEGEND,
    operand: "app",
    options: [...WHICH],
    examples: ["goer top app.ts", "goer top --name my-app"],
  },
  list: {
    section: "Inspect a running app",
    summary: "Show all running apps of this user",
    details: "Apps that were started with --runtime-dir are not found.",
    operand: "",
    options: ["json", "help"],
    examples: ["goer list", "goer list --json"],
  },
  init: {
    section: "Create and build",
    summary: "Create a small project that is ready to start",
    details: "Without a folder, uses the current one. Never overwrites a file.",
    operand: "folder",
    options: ["help"],
    examples: ["goer init", "goer init my-app"],
  },
  compile: {
    section: "Create and build",
    summary: "Compile the app and Goer into one executable with all these commands",
    details: `Needs deno or bun: uses the one that runs this command, or else the first on PATH.
Run the executable without naming an app: ./app start`,
    operand: "app",
    options: ["output", "runtime", "target", "include", "help"],
    examples: ["goer compile app.ts", "goer compile app.ts --output service --runtime bun"],
  },
  completions: {
    section: "More",
    summary: "Print a completion script for bash, zsh or fish",
    details: `Add this to your shell's configuration:

  ~/.bashrc                      eval "$(goer completions bash)"
  ~/.zshrc, after compinit       eval "$(goer completions zsh)"
  ~/.config/fish/config.fish     goer completions fish | source`,
    operand: "shell",
    options: ["help"],
    examples: [
      'eval "$(goer completions bash)"',
      "goer completions fish > ~/.config/fish/completions/goer.fish",
    ],
  },
  help: {
    section: "More",
    summary: "Show this help, or the help of one command",
    operand: "command",
    options: ["help"],
    examples: ["goer help start", "goer start --help"],
  },
  licenses: {
    section: "More",
    summary: "Show the licences of Goer and its bundled libraries",
    operand: "",
    options: ["help"],
    examples: ["goer licenses", "goer licenses > LICENSES.txt"],
  },
  version: {
    section: "More",
    summary: "Show the version of Goer",
    operand: "",
    options: ["help"],
    examples: ["goer version", "goer --version"],
  },
};
