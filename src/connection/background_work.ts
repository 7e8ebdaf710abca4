/**
 * Work that continues after its request or connection has ended.
 *
 * @module
 */

import { type Failed, settledPromise } from "../calls.ts";

/** The pending work of a service. A graceful close waits for it. */
export class BackgroundWork {
  readonly #pending = new Set<Promise<unknown>>();

  /** True if work is pending. */
  get pending(): boolean {
    return this.#pending.size > 0;
  }

  /** Adds work. @param failed Called if it rejects. */
  add(work: PromiseLike<unknown>, failed: Failed): void {
    const done = () => void this.#pending.delete(promise);
    const promise: Promise<unknown> = settledPromise(work).catch(failed).finally(done);
    this.#pending.add(promise);
  }

  /** Resolves when no work is pending: work may add more. */
  async ended(): Promise<void> {
    while (this.pending) await Promise.all(this.#pending);
  }
}
