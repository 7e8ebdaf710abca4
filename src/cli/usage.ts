/**
 * Help and version.
 *
 * @module
 */

import { writeOutput } from "../runtime/process/output.ts";
import { outputColumns } from "../runtime/process/terminal.ts";
import { VERSION } from "../version.ts";
import { type Arguments, commandNamed } from "./arguments.ts";
import { type CommandName, COMMANDS, SECTIONS } from "./commands.ts";
import { type OptionName, OPTIONS, summaryOf } from "./options.ts";
import { wrapLines } from "./wrap.ts";

/** Exit codes, as help shows them. */
export const EXIT_CODES = {
  done: 0,
  failed: 1,
  usage: 2,
  notRunning: 3,
} as const;

/** `goer help` */
export function help({ operand }: Arguments): number {
  writeOutput(helpText(operand, outputColumns()));
  return EXIT_CODES.done;
}

/** `goer version` */
export function version(): number {
  writeOutput(`${VERSION}\n`);
  return EXIT_CODES.done;
}

/** The help, or that of one command, in lines of at most `width` columns. */
export function helpText(command: string | undefined, width = Infinity): string {
  return command === undefined ? usage(width) : usageOf(commandNamed(command), width);
}

/** The help of all commands. */
function usage(width: number): string {
  const text = `Goer ${VERSION}: a socket-server framework for Deno, Bun and Node

Usage: goer <command> <app> [options]
       <app> <command> [options]           if the app calls runAll()

${SECTIONS.map(section).join("\n")}
Examples:
  goer init my-app                         Create a project
  goer start app.ts --workers 4 --daemon   Run 4 workers in the background

Run "goer help <command>" for the options of a command.

Exit codes: 0 success, 1 failure, 2 invalid usage, 3 not running
`;
  return wrapLines(text, width);
}

/** A heading and the commands below it. */
function section(title: string): string {
  const commands = Object.entries(COMMANDS).filter(([, { section }]) => section === title);
  const lines = commands.map(([name, { summary }]) => `  ${name.padEnd(12)} ${summary}\n`);
  return `${title}:\n${lines.join("")}`;
}

/** The help of one command. */
function usageOf(name: CommandName, width: number): string {
  const { summary, details, operand, options, examples } = COMMANDS[name];
  const placeholder = operand === "command" || operand === "folder"
    ? `[${operand}]`
    : `<${operand}>`;
  const words = ["goer", name, operand && placeholder, "[options]"].filter(Boolean);
  const text = `${summary}

Usage: ${words.join(" ")}
${details === undefined ? "" : `\n${details}\n`}
Options:
${options.map((option) => optionLine(option, name)).join("")}`;
  // Examples are kept in one line, so that they can be copied.
  return `${wrapLines(text, width)}
Examples:
${examples.map((example) => `  ${example}\n`).join("")}`;
}

/** The line of an option of a command. */
function optionLine(name: OptionName, command: CommandName): string {
  const option = OPTIONS[name];
  const { flag, short, value, values } = option;
  const words = `${short ? `-${short}, ` : "    "}--${flag}${value ? ` <${value}>` : ""}`;
  const choice = values ? `: ${values.join(", ")}` : "";
  const fallback = option.default ? ` (default: ${option.default})` : "";
  return `  ${words.padEnd(26)} ${summaryOf(name, command)}${choice}${fallback}\n`;
}
