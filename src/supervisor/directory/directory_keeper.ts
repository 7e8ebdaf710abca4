/**
 * Restores the runtime directory: a clean-up of temporary files, or a logout, can remove the files
 * that commands need to reach the supervisor.
 *
 * @module
 */

import type { Log } from "../../log.ts";
import { claimFile, isOwn, ownsFile } from "../../runtime/files/claim.ts";
import type { ControlServer } from "../ipc/control_server.ts";
import { prepareDirectory, type RuntimeDirectory } from "./runtime_directory.ts";

/** How often to check it, in ms: a file watcher ends with its directory. */
const LOOK_INTERVAL = 1000;

/** Watches a runtime directory. */
export class DirectoryKeeper {
  readonly #directory: RuntimeDirectory;
  readonly #control: ControlServer;
  readonly #log: Log;
  readonly #onRestored: () => void;
  #paused = false;
  #restoring = false;
  /** The last reported error of restoring it. */
  #failure = "";

  /** @param onRestored The directory has been restored, but files in it are gone. */
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

  /** Starts to watch it. */
  start(): void {
    setInterval(() => this.look(), LOOK_INTERVAL);
  }

  /** Stops, because another process takes over the directory, or this supervisor ends. */
  pause(): void {
    this.#paused = true;
  }

  /** Continues, because it belongs to this supervisor again. */
  resume(): void {
    this.#paused = false;
  }

  /** Checks now: the directory exists when this returns, and its files soon after. */
  look(): void {
    if (this.#restoring || this.#paused || this.#isWhole) return;
    this.#restoring = true;
    // The system's message is enough; the stack would differ each time.
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
