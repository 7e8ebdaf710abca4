/**
 * Runs the command of a command line.
 *
 * @module
 */

import { writeErrorOutput } from "../runtime/process/output.ts";
import { commandArguments, exit } from "../runtime/process/process.ts";
import { describeFailure } from "../supervisor/ipc/describe_error.ts";
import { type Arguments, readArguments } from "./arguments.ts";
import type { CommandName } from "./commands.ts";
import { compile } from "./compile.ts";
import { completions } from "./completions.ts";
import { connections, reload, reopen, restart, status, stop, upgrade } from "./control.ts";
import { init } from "./init.ts";
import { licenses } from "./licenses.ts";
import { list } from "./list.ts";
import { logs } from "./logs.ts";
import { runInProject } from "./project_commands.ts";
import type { Program } from "./program.ts";
import { EXIT_CODES, help, version } from "./usage.ts";
import { UsageError } from "./words.ts";

/** Runs a command and returns the exit code. */
type Run = (read: Arguments, program: Program) => number | Promise<number>;

/** What each command does. */
const RUN: Record<CommandName, Run> = {
  // Only this command needs the supervisor's modules: without them, the others start faster.
  start: async (read, program) => (await import("./start.ts")).start(read, program),
  reload,
  upgrade,
  stop,
  restart,
  status,
  reopen,
  connections,
  logs,
  // Only this command needs these modules.
  top: async (read) => (await import("./top/top.ts")).top(read),
  list,
  init,
  compile,
  completions,
  help,
  licenses,
  version,
};

/** What {@linkcode runCommand} takes. */
export interface CommandOptions {
  /** The app, if the command line does not name it. */
  app?: string;
  /** The app is the main module of its workers. */
  entry?: boolean;
  /** What is built into this program. */
  program?: Program;
}

/** Runs the command of the command line. Ends the process, unless the process becomes the supervisor. */
export async function runCommand({ app, entry, program }: CommandOptions = {}): Promise<void> {
  try {
    const read = readArguments(commandArguments(), { app, entry });
    const run = (one: Arguments) => RUN[one.command](one, program ?? {});
    // A program that is its own command has no project.
    exit(await (app === undefined ? runInProject(read, run) : run(read)));
  } catch (error) {
    exit(explain(error));
  }
}

function explain(error: unknown): number {
  if (error instanceof UsageError) {
    writeErrorOutput(`goer: ${error.message}\nRun "goer help" for usage.\n`);
    return EXIT_CODES.usage;
  }
  writeErrorOutput(`goer: ${describeFailure(error)}\n`);
  return EXIT_CODES.failed;
}
