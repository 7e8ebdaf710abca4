/**
 * Loads the app in a process whose main module is the `goer` command.
 *
 * @module
 */

import { exportsOf, servicesOf } from "../app.ts";
import { GoerError } from "../errors.ts";
import { isUnlocated } from "../runtime/errors.ts";
import { hasCode, isUrl, pathToFileURL } from "../runtime/files/file_system.ts";
import { ownProgram } from "../runtime/program/own_program.ts";
import { startInfo } from "../start_info.ts";
import { describeLoadError } from "../supervisor/ipc/describe_error.ts";
import { failApp, isServing, serveApp } from "../worker/serve_app.ts";

/**
 * Loads the app in a process whose main module is the `goer` command, and serves it.
 *
 * @param app The app's module.
 * @param load Loads an app that is part of this program.
 */
export async function runLoaded(app: string, load?: () => Promise<object>): Promise<void> {
  const { role, allow = [] } = startInfo();
  ownProgram.withhold(allow);
  let exported: unknown;
  try {
    const url = isUrl(app) ? app : pathToFileURL(app).href;
    const module: { default?: unknown } = await (load?.() ?? import(url));
    exported = module.default;
  } catch (cause) {
    if (isUnlocated(cause)) throw cause; // The runtime prints the place of a syntax error.
    return await failApp(new GoerError("GOER_APP", `Cannot load "${app}": ${explainLoad(cause)}`));
  }
  if (!isServing()) {
    await serveApp(role as "load" | "worker", () => servicesOf(exported, exportsOf(app)));
  }
}

function explainLoad(cause: unknown): string {
  if (hasCode(cause, "ERR_UNKNOWN_FILE_EXTENSION")) {
    return "this runtime does not run TypeScript. Use Deno, Bun, or Node 22.18 or later";
  }
  return describeLoadError(cause);
}
