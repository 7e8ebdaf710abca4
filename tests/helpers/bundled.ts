/**
 * Bundles apps that import npm packages or modules that the npm build does not export, so that Bun
 * and Node find all of them.
 *
 * @module
 */

import { ROOT } from "../tools.ts";
import type { Runtime } from "./runtimes.ts";

/** The folder of each app that this process has bundled. */
const bundles = new Map<string, Promise<string>>();

/** A runtime that runs each app as a bundle. */
export function bundled(runtime: Runtime): Runtime {
  if (runtime.name === "deno") return runtime;
  return {
    ...runtime,
    command: async (
      app,
      ...args
    ) => [runtime.path, `${await bundle(app)}${scriptOf(app)}`, ...args],
  };
}

/** Bundles an app, once, and returns the folder of its script and chunks. */
export function bundle(app: string): Promise<string> {
  const made = bundles.get(app) ?? makeBundle(app);
  bundles.set(app, made);
  return made;
}

/** The name of the script in the folder of the bundle. */
export function scriptOf(app: string): string {
  return app.slice(app.lastIndexOf("/") + 1).replace(/\.ts$/, ".js");
}

async function makeBundle(app: string): Promise<string> {
  const folder = `${ROOT}.goer/bundled/${app.replaceAll("/", "_").replace(/\.ts$/, "")}/`;
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--quiet",
      "--no-check",
      "--packages=bundle",
      // Native modules of npm packages, which have a fallback.
      "--external=*.node",
      "--code-splitting",
      "--platform=deno",
      `--outdir=${folder}`,
      app,
    ],
    cwd: ROOT,
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`Cannot bundle ${app}: ${new TextDecoder().decode(stderr)}`);
  await Deno.writeTextFile(`${folder}package.json`, '{ "type": "module" }\n');
  return folder;
}
