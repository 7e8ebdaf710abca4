/**
 * Apps that tests write, start, and command, under each runtime.
 *
 * @module
 */

import { buildIfStale } from "../../npm/build.ts";
import type { Runtime } from "../helpers/runtimes.ts";
import { ROOT } from "../tools.ts";

/** What a command printed, and its exit code. */
export interface Printed {
  code: number;
  out: string;
  error: string;
}

/** An app in a folder of its own; `await using` stops it and removes the folder. */
export class App implements AsyncDisposable {
  readonly #runtime: Runtime;
  readonly folder: string;

  private constructor(runtime: Runtime, folder: string) {
    this.#runtime = runtime;
    this.folder = folder;
  }

  /** Writes an app whose module is `source`. It is the module's business to be right. */
  static async write(runtime: Runtime, source: string): Promise<App> {
    if (runtime.name !== "deno") await buildIfStale();
    const app = new App(runtime, await Deno.makeTempDir());
    await app.rewrite(source);
    return app;
  }

  /** Replaces the app's code. */
  async rewrite(source: string): Promise<void> {
    await Deno.writeTextFile(this.module, source);
  }

  /** The path of the app's module. */
  get module(): string {
    return `${this.folder}/app.mjs`;
  }

  #words(command: string, words: string[]): string[] {
    const { name, path } = this.#runtime;
    const goer = name === "deno"
      ? [path, "run", "-A", "--no-check", `--config=${ROOT}deno.json`, `${ROOT}cli.ts`]
      : [path, `${ROOT}npm/dist/goer.js`];
    return [...goer, command, this.module, `--runtime-dir=${this.folder}/run`, ...words];
  }

  /** Runs a command to its end. */
  async command(command: string, ...words: string[]): Promise<Printed> {
    const [executable, ...args] = this.#words(command, words);
    const { code, stdout, stderr } = await new Deno.Command(executable, {
      args,
      signal: AbortSignal.timeout(60_000),
    }).output();
    const text = new TextDecoder();
    return { code, out: text.decode(stdout), error: text.decode(stderr) };
  }

  /** Starts the app in the background, and throws where that fails. */
  async start(...words: string[]): Promise<void> {
    const { code, out, error } = await this.command("start", "--daemon", ...words);
    if (code !== 0) throw new Error(`exit code ${code}: ${out}${error}`);
  }

  /** What `status` tells. */
  async status(): Promise<{
    pid: number;
    reloads: number;
    upgrades: number;
    workers: { pid: number; state: string; slot: number }[];
  }> {
    return JSON.parse((await this.command("status", "--json")).out);
  }

  /** What it has logged. */
  async log(): Promise<string> {
    return await Deno.readTextFile(`${this.folder}/run/goer.log`).catch(() => "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.command("stop", "--now");
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** A port that nothing uses just now, and that the system gives to no client. */
export function freePort(): number {
  while (true) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
