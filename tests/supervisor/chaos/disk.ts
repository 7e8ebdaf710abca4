/**
 * A small disk that can be filled.
 *
 * @module
 */

import { run } from "../processes.ts";

/** Enough for the log of a long walk. */
const SIZE = "8m";

/** A disk in memory; `await using` removes it. */
export class SmallDisk implements AsyncDisposable {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Mounts one on a folder; `undefined` if this user may not. */
  static async mount(path: string): Promise<SmallDisk | undefined> {
    const words = ["mount", "-t", "tmpfs", "-o", `size=${SIZE},mode=700`, "none", path];
    return (await run(words)).code === 0 ? new SmallDisk(path) : undefined;
  }

  get #filler(): string {
    return `${this.#path}/filler`;
  }

  /** Fills it. */
  async fill(): Promise<void> {
    using file = await Deno.open(this.#filler, { create: true, append: true });
    for (let block = new Uint8Array(65_536); block.length > 0;) {
      try {
        await file.write(block);
      } catch {
        block = block.subarray(0, block.length >> 1);
      }
    }
  }

  /** Frees the space. */
  async free(): Promise<void> {
    await Deno.remove(this.#filler).catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run(["umount", "--lazy", this.#path]);
  }
}
