/**
 * What the command says about itself.
 *
 * @module
 */

import { writeOutput } from "../runtime/process/process.ts";
import { VERSION } from "../version.ts";
import { type Arguments, commandNamed } from "./arguments.ts";
import { type CommandName, COMMANDS } from "./commands.ts";
import { type OptionDescription, OPTIONS } from "./options.ts";

/** Exit codes, as help shows them. */
export const EXIT_CODES = {
  done: 0,
  failed: 1,
  usage: 2,
  notRunning: 3,
} as const;

/** `goer help` */
export function help({ operand }: Arguments): number {
  writeOutput(operand === undefined ? usage() : usageOf(commandNamed(operand)));
  return EXIT_CODES.done;
}

/** `goer version` */
export function version(): number {
  writeOutput(`${VERSION}\n`);
  return EXIT_CODES.done;
}

/** The help. */
export function usage(): string {
  const commands = Object.entries(COMMANDS).map(([name, { summary }]) =>
    `  ${name.padEnd(12)} ${summary}\n`
  );
  return `Goer: a socket-server framework for Deno, Bun and Node

Usage: goer <command> <app> [options]
       <app> <command> [options]          where the app calls runAll()

${commands.join("")}
Options of a command: goer <command> --help
Exit codes: 0 done, 1 failed, 2 the command line means nothing, 3 not running

An app in three lines:

  export default {
    listen: "text://127.0.0.1:8080",
    onMessage: (connection, line) => connection.send(line),
  };
`;
}

/** The help of one command. */
function usageOf(name: CommandName): string {
  const { summary, details, operand, options } = COMMANDS[name];
  const placeholder = operand === "app" || operand === "" ? operand : `[${operand}]`;
  const words = ["goer", name, placeholder.replace("app", "<app>"), "[options]"];
  const lines = options.map((option) => optionLine(OPTIONS[option]));
  return `${words.filter(Boolean).join(" ")}\n\n${summary}\n\n${
    details === undefined ? "" : `${details}\n\n`
  }${lines.join("")}`;
}

/** An option as help shows it. */
function optionLine({ flag, short, value, values, summary }: OptionDescription): string {
  const words = `${short ? `-${short}, ` : ""}--${flag}${value ? ` <${value}>` : ""}`;
  const choice = values ? `: ${values.join(", ")}` : "";
  return `  ${words.padEnd(24)} ${summary}${choice}\n`;
}
