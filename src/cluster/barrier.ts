/**
 * Delays queued messages until the receivers are back, too: after a broker was away, other
 * processes reconnect a little later than this one.
 *
 * @module
 */

import { type Timer, timers } from "../timer/timers.ts";
import type { NodeId } from "./nodes.ts";

/** How long to wait for processes on other machines after a broker was away, in ms. */
const RETURN_TIME = 5_000;

/** Waits for processes on other machines to return. */
export class ReturnBarrier {
  readonly #onComplete: () => void;
  readonly #awaited = new Set<NodeId>();
  #deadline: Timer | undefined;

  /** @param onComplete Called when all have returned, or the time is up. */
  constructor(onComplete: () => void) {
    this.#onComplete = onComplete;
  }

  /** The broker is away. Processes that have not returned since the last time are still awaited. */
  away(nodes: Iterable<NodeId>): void {
    this.#deadline?.cancel();
    this.#deadline = undefined;
    for (const node of nodes) this.#awaited.add(node);
  }

  /** The broker is back: the time of the others starts now. */
  back(): void {
    this.#deadline?.cancel();
    this.#deadline = timers.after(RETURN_TIME, () => this.#complete(), { ref: false });
    if (this.#awaited.size === 0) this.#complete();
  }

  /** A process has returned. */
  met(node: NodeId): void {
    if (!this.#awaited.delete(node) || this.#awaited.size > 0) return;
    if (this.#deadline !== undefined) this.#complete();
  }

  #complete(): void {
    this.#deadline?.cancel();
    this.#deadline = undefined;
    this.#awaited.clear();
    this.#onComplete();
  }
}
