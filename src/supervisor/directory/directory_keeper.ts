/**
 * Keeps the runtime directory in place: cleaners of temporary files, and a logout, remove what commands
 * reach the supervisor by.
 *
 * @module
 */

import type { Log } from "../../log.ts";
import { claimFile, isOwn, ownsFile } from "../../runtime/files/claim.ts";
import type { ControlServer } from "../ipc/control_server.ts";
import { describeFailure } from "../ipc/describe_error.ts";
import { prepareDirectory, type RuntimeDirectory } from "./runtime_directory.ts";

/** How often it is looked at, in ms. */
const LOOK_INTERVAL = 1000;

/** What a {@linkcode DirectoryKeeper} asks, and whom it tells. */
export interface DirectoryHandlers {
  /** False while it is for another process to look after. */
  isOurs(): boolean;
  /** All is there again, but files that were in the directory are gone. */
  onRestored(): void;
}

/** Looks after a runtime directory. */
export class DirectoryKeeper {
  readonly #directory: RuntimeDirectory;
  readonly #control: ControlServer;
  readonly #log: Log;
  readonly #handlers: DirectoryHandlers;
  #restoring = false;
  /** What kept it from being restored: told once. */
  #failure = "";

  constructor(
    directory: RuntimeDirectory,
    control: ControlServer,
    log: Log,
    handlers: DirectoryHandlers,
  ) {
    this.#directory = directory;
    this.#control = control;
    this.#log = log;
    this.#handlers = handlers;
  }

  /** Looks after it from now on. */
  start(): void {
    setInterval(() => this.look(), LOOK_INTERVAL);
  }

  /** Looks now: the directory is there when this returns, and soon all that was in it. */
  look(): void {
    if (this.#restoring || !this.#handlers.isOurs() || this.#isWhole) return;
    this.#restoring = true;
    void this.#restore().catch((error) => this.#fail(describeFailure(error)))
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
    this.#handlers.onRestored();
    this.#log.write("warn", `restored files that were removed from ${path}`);
  }

  #fail(reason: string): void {
    // Temporary files have a name of their own each time.
    const kind = reason.replace(/'[^']*'$/, "");
    if (kind === this.#failure) return;
    this.#failure = kind;
    this.#log.write("error", `Cannot restore ${this.#directory.path}: ${reason}`);
  }
}
