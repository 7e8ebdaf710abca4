/**
 * Keeps the runtime directory in place: cleaners of temporary files, and a logout, remove what commands
 * reach the supervisor by.
 *
 * @module
 */

import type { Log } from "../../log.ts";
import { claimFile, isOwn, ownsFile } from "../../runtime/files/claim.ts";
import type { ControlServer } from "../ipc/control_server.ts";
import { prepareDirectory, type RuntimeDirectory } from "./runtime_directory.ts";

/** How often it is looked at, in ms. */
const LOOK_INTERVAL = 1000;

/** Looks after a runtime directory. */
export class DirectoryKeeper {
  readonly #directory: RuntimeDirectory;
  readonly #control: ControlServer;
  readonly #log: Log;
  readonly #onRestored: () => void;
  #paused = false;
  #restoring = false;
  /** What kept it from being restored: told once. */
  #failure = "";

  /** @param onRestored All is there again, but files that were in the directory are gone. */
  constructor(
    directory: RuntimeDirectory,
    control: ControlServer,
    log: Log,
    onRestored: () => void,
  ) {
    this.#directory = directory;
    this.#control = control;
    this.#log = log;
    this.#onRestored = onRestored;
  }

  /** Looks after it from now on. */
  start(): void {
    setInterval(() => this.look(), LOOK_INTERVAL);
  }

  /** From here on the directory is for another image or process to look after, or for nobody. */
  pause(): void {
    this.#paused = true;
  }

  /** It is this one's again. */
  resume(): void {
    this.#paused = false;
  }

  /** Looks now: the directory is there when this returns, and soon all that was in it. */
  look(): void {
    if (this.#restoring || this.#paused || this.#isWhole) return;
    this.#restoring = true;
    // The system's message says enough; a stack is another one each time.
    void this.#restore().catch((error) => this.#fail((error as Error).message))
      .finally(() => this.#restoring = false);
  }

  get #isWhole(): boolean {
    return !this.#control.isLost && ownsFile(this.#directory.pidFile);
  }

  async #restore(): Promise<void> {
    const { path, pidFile, control } = this.#directory;
    prepareDirectory(this.#directory);
    const { holder } = claimFile(pidFile);
    if (holder !== undefined && !isOwn(holder)) {
      return this.#fail(`process ${holder.pid} is the supervisor there now`);
    }
    if (this.#control.isLost) await this.#control.listenAgain(control);
    this.#failure = "";
    this.#onRestored();
    this.#log.write("warn", `restored files that were removed from ${path}`);
  }

  #fail(reason: string): void {
    if (reason === this.#failure) return;
    this.#failure = reason;
    this.#log.write("error", `Cannot restore ${this.#directory.path}: ${reason}`);
  }
}
