/**
 * The `goer` command.
 *
 * @module
 */

import { executablePath } from "../runtime/process/process.ts";
import { answerImports } from "../runtime/program/module_hooks.ts";
import { startInfo } from "../start_info.ts";
import { enterHost } from "./host.ts";
import type { Program } from "./program.ts";
import { runCommand } from "./run_command.ts";

/**
 * The main function of the `goer` command. Runs the command of the command line. In a process that a
 * supervisor has started, loads the app and serves it.
 *
 * @param program What is built into this program.
 */
export async function main(program: Program = {}): Promise<void> {
  const { role, app = "", directory = "" } = startInfo();
  if (role !== "load" && role !== "worker") {
    return await runCommand({ app: program.app && executablePath(), program });
  }
  await enterHost(program, { app, directory });
  answerImports(program.modules ?? {}, app);
  const { runLoaded } = await import("./load_app.ts");
  await runLoaded(app, program.app);
}
