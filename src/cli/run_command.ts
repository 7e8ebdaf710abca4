/**
 * Runs what a command line asks for.
 *
 * @module
 */

import { commandArguments, exit, writeErrorOutput } from "../runtime/process.ts";
import { describeFailure } from "../supervisor/describe_error.ts";
import { readArguments } from "./arguments.ts";
import { COMMANDS } from "./commands.ts";
import type { Program } from "./program.ts";
import { EXIT_CODES } from "./usage.ts";
import { UsageError } from "./words.ts";

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
