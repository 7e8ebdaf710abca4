/**
 * Has a process of its own load the app, and hears what it serves.
 *
 * @module
 */

import { type ChildProcess, type Exit, kill } from "../runtime/process.ts";
import type { AppDescription, WorkerMessage } from "./messages.ts";
import type { Spawner } from "./spawner.ts";
import { WorkerProcess } from "./worker_process.ts";

/** How long what a process said last may be on its way after its end, in ms. */
const LAST_WORDS_TIME = 500;

/** What comes of it: one of the two, once. */
export interface DescriberHandlers {
  onDescribed(app: AppDescription): void;
  onFailed(reason: string): void;
}

/** At most one describing process at a time. */
export class Describer {
  readonly #spawner: Spawner;
  readonly #handlers: DescriberHandlers;
  #child: ChildProcess | undefined;

  constructor(spawner: Spawner, handlers: DescriberHandlers) {
    this.#spawner = spawner;
    this.#handlers = handlers;
  }

  /** True while a process is at it. */
  get busy(): boolean {
    return this.#child !== undefined;
  }

  /** Starts the process. */
  start(): void {
    const lines: string[] = [];
    const child = this.#spawner.describe(lines);
    this.#child = child;
    // That it has ended may be known before what it said last has been read.
    child.exited.then((exit) => setTimeout(() => this.#ended(child, exit, lines), LAST_WORDS_TIME));
  }

  #ended(child: ChildProcess, exit: Exit, lines: string[]): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#handlers.onFailed(`the app ${WorkerProcess.describeExit(exit, lines.join("\n"))}`);
  }

  /** Nobody wants to know any more. */
  cancel(): void {
    const child = this.#child;
    this.#child = undefined;
    if (child) kill(child.pid, "SIGKILL");
  }

  /** The process says something: it is done in any case. */
  receive(message: WorkerMessage): void {
    if (this.#child === undefined) return;
    this.#child = undefined;
    if (message.type === "failed") this.#handlers.onFailed(message.reason);
    else if (message.type === "described") this.#handlers.onDescribed(message.app);
  }
}
