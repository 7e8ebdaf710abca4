/**
 * What waits for a broker waits for those beyond it, too: they come back a little later than this
 * process does.
 *
 * @module
 */

import { type Timer, timers } from "../timer/timers.ts";
import type { NodeId } from "./nodes.ts";

/** How long processes of other machines are waited for after a broker was away, in ms. */
const RETURN_TIME = 5_000;

/** Processes of other machines that are to come back. */
export class ReturnBarrier {
  readonly #onComplete: () => void;
  readonly #awaited = new Set<NodeId>();
  #deadline: Timer | undefined;

  /** @param onComplete All are back that can be waited for. */
  constructor(onComplete: () => void) {
    this.#onComplete = onComplete;
  }

  /** The broker is away. Those who were not back from another time are waited for still. */
  away(nodes: Iterable<NodeId>): void {
    this.#deadline?.cancel();
    this.#deadline = undefined;
    for (const node of nodes) this.#awaited.add(node);
  }

  /** The broker is back: from now on the others have their time. */
  back(): void {
    this.#deadline?.cancel();
    this.#deadline = timers.after(RETURN_TIME, () => this.#complete(), { ref: false });
    if (this.#awaited.size === 0) this.#complete();
  }

  /** One is back. */
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
