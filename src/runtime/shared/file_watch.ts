/**
 * Notices that files have been replaced.
 *
 * @module
 */

import { statSync } from "node:fs";

/** How often the files are checked, in ms. Events of file systems do not work through links. */
const INTERVAL = 2_000;

/** Files that belong together, such as a certificate and its key. */
export class FileWatch {
  readonly #files: readonly string[];
  #use!: () => void;
  #failed!: (error: Error) => void;
  /** The version of the files in use. */
  #used: string;
  /** The version that could not be used at the last check, and the one that was reported. */
  #unusable: string | undefined;
  #reported: string | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * Remembers the version of the files. Create it before you read them: what is replaced after that is
   * noticed.
   *
   * @param files Their paths.
   */
  constructor(files: readonly string[]) {
    this.#files = files;
    this.#used = this.#version();
  }

  /**
   * Starts to check the files.
   *
   * @param use Uses new files. Throws if it cannot: then the old ones stay in use, and the new ones
   * are tried again.
   * @param failed Receives the error, once for each version. Not at the first check, because files
   * are replaced one after another.
   */
  start(use: () => void, failed: (error: Error) => void): void {
    this.#use = use;
    this.#failed = failed;
    this.#timer = setInterval(() => this.#check(), INTERVAL);
    this.#timer.unref?.();
  }

  /** Stops checking. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #check(): void {
    // Before they are read: what is written after that is noticed at the next check.
    const version = this.#version();
    if (version === this.#used) return;
    try {
      this.#use();
      this.#used = version;
    } catch (error) {
      if (version === this.#unusable && version !== this.#reported) {
        this.#failed(error as Error);
        this.#reported = version;
      }
      this.#unusable = version;
    }
  }

  /**
   * Changes when a file is written, replaced, or removed. Tools that copy can keep the time of the
   * last write, but not that of the last change, of which Deno knows only the second.
   */
  #version(): string {
    return this.#files.map((file) => {
      const facts = statSync(file, { bigint: true, throwIfNoEntry: false });
      return facts && [facts.dev, facts.ino, facts.mtimeNs, facts.ctimeNs, facts.size].join(":");
    }).join();
  }
}
