/**
 * What the command says about itself.
 *
 * @module
 */

import { type CommandName, COMMANDS, OPTIONS } from "./commands.ts";

/** Exit codes, as help shows them. */
export const EXIT_CODES = {
  done: 0,
  failed: 1,
  usage: 2,
  notRunning: 3,
} as const;

/** The help. */
export function usage(): string {
  const commands = Object.entries(COMMANDS).map(([name, { summary }]) =>
    `  ${name.padEnd(12)} ${summary}\n`
  );
  return `Goer: a socket-server framework for Deno, Bun and Node

Usage: goer <command> <app> [options]
       <app> <command> [options]          where the app calls runAll()

${commands.join("")}
Options:
${Object.values(OPTIONS).map((line) => `  ${line}\n`).join("")}
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
export function usageOf(name: CommandName): string {
  const { summary, options } = COMMANDS[name];
  const lines = [...options, "name", "runtimeDirectory"] as (keyof typeof OPTIONS)[];
  return `goer ${name} <app> [options]: ${summary}\n\n${
    lines.map((option) => `  ${OPTIONS[option]}\n`).join("")
  }`;
}
