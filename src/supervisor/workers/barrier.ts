/**
 * Waiting for workers to answer.
 *
 * @module
 */

import { nativeDelay } from "../../numbers.ts";

/** Workers that are to answer: each is waited for until it has, or is gone, or its time is up. */
export class Barrier {
  readonly #timeout: number;
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();
  #callbacks: (() => void)[] = [];

  /**
   * @param timeout How long each may take, in ms: one that hangs holds up the others no longer.
   * @param workers Those that are to answer.
   */
  constructor(timeout: number, workers: Iterable<number> = []) {
    this.#timeout = timeout;
    for (const worker of workers) this.add(worker);
  }

  /** Settles when nobody is waited for any more. */
  get complete(): Promise<void> {
    return new Promise((resolve) => this.whenComplete(resolve));
  }

  /** Calls `callback` as soon as nobody is waited for: at once, where that is so now. */
  whenComplete(callback: () => void): void {
    if (this.#timers.size === 0) callback();
    else this.#callbacks.push(callback);
  }

  /** A worker is to answer. */
  add(worker: number): void {
    clearTimeout(this.#timers.get(worker));
    this.#timers.set(worker, setTimeout(() => this.strike(worker), nativeDelay(this.#timeout)));
  }

  /** A worker has answered, or is gone. */
  strike(worker: number): void {
    clearTimeout(this.#timers.get(worker));
    if (!this.#timers.delete(worker) || this.#timers.size > 0) return;
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    for (const callback of callbacks) callback();
  }
}
