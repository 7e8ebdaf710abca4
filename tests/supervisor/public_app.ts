/**
 * Apps whose workers run as another user than their supervisor.
 *
 * @module
 */

import type { Runtime } from "../helpers/runtimes.ts";
import { ROOT } from "../tools.ts";
import { App } from "./app.ts";
import { run } from "./processes.ts";

/** The user of the workers, which every system has. */
export const USER = "nobody";
export const UID = 65534;

/** A group that every system has. */
export const GROUP = "daemon";
export const GID = 1;
/** The words that run a program as the user. */
export const AS_USER = ["setpriv", `--reuid=${UID}`, `--regid=${GID}`, "--clear-groups"];

/** Why nothing can be run as the user, if so. */
export const NOT_ROOT: string | undefined = await mayRead(`${ROOT}cli.ts`)
  ? undefined
  : "it takes root, and a folder that every user may read";

/** True if a program that runs as the user may read and execute a file. */
async function mayRead(path: string): Promise<boolean> {
  return await run([...AS_USER, "test", "-r", path]).then(({ code }) => code === 0, () => false);
}

/** An app, its runtime and the runtime's cache, in a folder that every user may enter. */
export class PublicApp implements AsyncDisposable {
  private constructor(readonly app: App, readonly folder: string) {}

  static async write(runtime: Runtime, source: string): Promise<PublicApp> {
    const folder = await Deno.makeTempDir();
    await Deno.chmod(folder, 0o755);
    const path = await mayRead(runtime.path) ? runtime.path : `${folder}/${runtime.name}`;
    if (path !== runtime.path) await copy(runtime.path, path);
    const app = await App.write({ ...runtime, path }, source);
    await Deno.chmod(app.folder, 0o755);
    if (runtime.name === "deno") {
      app.options = { environment: { DENO_DIR: `${folder}/cache` } };
      await Deno.mkdir(`${folder}/cache`);
      await copy(await npmCache(), `${folder}/cache/npm`);
    }
    return new PublicApp(app, folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** The folder in which this Deno keeps npm packages. */
async function npmCache(): Promise<string> {
  const { out } = await run([Deno.execPath(), "info", "--json"]);
  return JSON.parse(out).npmCache;
}

/** With links, if both are on the same file system. */
async function copy(from: string, to: string): Promise<void> {
  if ((await run(["cp", "-rlL", from, to])).code === 0) return;
  const { code, error } = await run(["cp", "-rL", from, to]);
  if (code !== 0) throw new Error(error);
}
