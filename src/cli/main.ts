/**
 * The `goer` command.
 *
 * @module
 */

import { GoerError } from "../errors.ts";
import {
  commandArguments,
  environmentVariable,
  exit,
  writeErrorOutput,
} from "../runtime/process.ts";
import { currentRole, VARIABLES } from "../supervisor/role.ts";
import { readArguments, UsageError } from "./arguments.ts";
import { COMMANDS } from "./commands.ts";
import { EXIT_CODES } from "./usage.ts";

/**
 * The main function of the `goer` command: runs what the command line asks for, or, in a process that
 * a supervisor has started, loads the app and serves it.
 */
export async function main(): Promise<void> {
  const role = currentRole();
  if (role !== "describe" && role !== "worker") return await runCommand();
  const { runLoaded } = await import("../supervisor/run_all.ts");
  await runLoaded(environmentVariable(VARIABLES.app)!);
}

/**
 * Runs what the command line asks for. Ends the process, unless it serves from here on.
 *
 * @param options `entry`: the module of the app, where it was run itself.
 */
export async function runCommand(options: { entry?: string } = {}): Promise<void> {
  try {
    const read = readArguments(commandArguments(), options.entry);
    exit(await COMMANDS[read.command].run(read));
  } catch (error) {
    exit(explain(error));
  }
}

function explain(error: unknown): number {
  if (error instanceof UsageError) {
    writeErrorOutput(`goer: ${error.message} (goer help says more)\n`);
    return EXIT_CODES.usage;
  }
  const known = error instanceof GoerError;
  writeErrorOutput(`goer: ${known ? error.message : (error as Error).stack ?? error}\n`);
  return EXIT_CODES.failed;
}
