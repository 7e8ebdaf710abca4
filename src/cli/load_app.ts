/**
 * The app, in a process that a supervisor has started and the `goer` command is the main module of.
 *
 * @module
 */

import { exportsOf, servicesOf } from "../app.ts";
import { GoerError } from "../errors.ts";
import { isUnlocated } from "../runtime/errors.ts";
import { hasCode, isUrl, pathToFileURL } from "../runtime/files/file_system.ts";
import { withholdRights } from "../runtime/program/launch.ts";
import { startInfo } from "../start_info.ts";
import { describeError } from "../supervisor/ipc/describe_error.ts";
import { currentRole } from "../supervisor/role.ts";
import { failApp, isServing, serveApp } from "../worker/serve_app.ts";

/**
 * Loads the app, in a process that the `goer` command is the main module of, and serves it.
 *
 * @param app The app's module.
 * @param load Loads it, where it is part of this program.
 */
export async function runLoaded(app: string, load?: () => Promise<object>): Promise<void> {
  const role = currentRole() as "describe" | "worker";
  await withholdRights(startInfo().allow ?? []);
  let exported: unknown;
  try {
    const url = isUrl(app) ? app : pathToFileURL(app).href;
    const module: { default?: unknown } = await (load?.() ?? import(url));
    exported = module.default;
  } catch (cause) {
    if (isUnlocated(cause)) throw cause; // The runtime says where the text is wrong.
    return await failApp(new GoerError("GOER_APP", `Cannot load ${app}: ${explainLoad(cause)}`));
  }
  if (!isServing()) await serveApp(role, () => servicesOf(exported, exportsOf(app)));
}

function explainLoad(cause: unknown): string {
  return hasCode(cause, "ERR_UNKNOWN_FILE_EXTENSION")
    ? "this runtime reads no TypeScript: Deno, Bun, and Node from 22.18 do"
    : describeError(cause);
}
