/**
 * Apps that import packages of npm: bundled into one file, so that Bun and Node find them.
 *
 * @module
 */

import { ROOT } from "../tools.ts";
import type { Runtime } from "./runtimes.ts";

/** A runtime that runs each app with all that it imports in one file. */
export function bundled(runtime: Runtime): Runtime {
  if (runtime.name === "deno") return runtime;
  return {
    ...runtime,
    command: async (app, ...args) => [runtime.path, await bundle(app), ...args],
  };
}

async function bundle(app: string): Promise<string> {
  const target = `${ROOT}.goer/bundled/${app.replaceAll("/", "_").replace(/\.ts$/, "")}.mjs`;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--quiet",
      "--no-check",
      "--packages=bundle",
      "--platform=deno",
      `--output=${target}`,
      app,
    ],
    cwd: ROOT,
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`Cannot bundle ${app}: ${new TextDecoder().decode(stderr)}`);
  return target;
}
