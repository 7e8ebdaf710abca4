/**
 * What a process does after its app has called `runAll`. It is above the command line and the
 * supervisor, so that neither has to import the other.
 *
 * @module
 */

import { GoerError } from "./errors.ts";
import { currentLaunch } from "./runtime/program/launch.ts";
import { startInfo } from "./start_info.ts";
import { serveApp } from "./worker/serve_app.ts";
import type { AppService } from "./worker/served_service.ts";

export type { AppService };

let called = false;

/**
 * Serves, in a worker; otherwise runs the command in the arguments of the process.
 *
 * @param list Returns the services. If it throws, loading the app has failed.
 */
export async function runServices(list: () => AppService[]): Promise<void> {
  if (called) {
    throw new GoerError(
      "GOER_INVALID_ARGUMENT",
      "Cannot call runAll twice: pass all services to one call, as in runAll(first, second)",
    );
  }
  called = true;
  const { role } = startInfo();
  if (role === "load" || role === "worker") return await serveApp(role, list);
  const { runCommand } = await import("./cli/run_command.ts");
  const { module, executable } = currentLaunch();
  await runCommand({ app: module || executable, entry: true });
}
