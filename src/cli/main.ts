/**
 * The `goer` command.
 *
 * @module
 */

import { executablePath } from "../runtime/launch.ts";
import { answerImports } from "../runtime/own_modules.ts";
import { commandArguments, exit, writeErrorOutput } from "../runtime/process.ts";
import { startInfo } from "../start_info.ts";
import { describeFailure } from "../supervisor/describe_error.ts";
import { readArguments } from "./arguments.ts";
import { COMMANDS } from "./commands.ts";
import { enterHost } from "./host.ts";
import type { Program } from "./program.ts";
import { EXIT_CODES } from "./usage.ts";
import { UsageError } from "./words.ts";

/**
 * The main function of the `goer` command: runs what the command line asks for, or, in a process that
 * a supervisor has started, loads the app and serves it.
 *
 * @param program What is built into this program.
 */
export async function main(program: Program = {}): Promise<void> {
  const { role, app = "", directory = "" } = startInfo();
  if (role !== "describe" && role !== "worker") {
    return await runCommand({ app: program.app && executablePath(), program });
  }
  await enterHost(program, { app, directory });
  answerImports(program.modules ?? {}, app);
  const { runLoaded } = await import("../supervisor/run_all.ts");
  await runLoaded(app, program.app);
}

/** What {@linkcode runCommand} takes. */
export interface CommandOptions {
  /** The app, where the command line does not name it. */
  app?: string;
  /** The app was run itself: it is the main module of its workers. */
  entry?: boolean;
  /** What is built into this program. */
  program?: Program;
}

/** Runs what the command line asks for. Ends the process, unless it serves from here on. */
export async function runCommand({ app, entry, program }: CommandOptions = {}): Promise<void> {
  try {
    const read = readArguments(commandArguments(), { app, entry });
    exit(await COMMANDS[read.command].run(read, program ?? {}));
  } catch (error) {
    exit(explain(error));
  }
}

function explain(error: unknown): number {
  if (error instanceof UsageError) {
    writeErrorOutput(`goer: ${error.message} (goer help says more)\n`);
    return EXIT_CODES.usage;
  }
  writeErrorOutput(`goer: ${describeFailure(error)}\n`);
  return EXIT_CODES.failed;
}
