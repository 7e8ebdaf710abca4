/**
 * Waits for workers to reply.
 *
 * @module
 */

import { nativeDelay } from "../../numbers.ts";

/** Workers that must reply. Each is awaited until it has replied or ended, or its time is up. */
export class Barrier {
  readonly #timeout: number;
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();
  #callbacks: (() => void)[] = [];

  /**
   * @param timeout How long each may take, in ms. One that hangs does not delay the others any
   * longer.
   * @param workers The workers that must reply.
   */
  constructor(timeout: number, workers: Iterable<number> = []) {
    this.#timeout = timeout;
    for (const worker of workers) this.add(worker);
  }

  /** Settles when no worker is awaited any more. */
  get complete(): Promise<void> {
    return new Promise((resolve) => this.whenComplete(resolve));
  }

  /** Calls `callback` when no worker is awaited: immediately if that is the case now. */
  whenComplete(callback: () => void): void {
    if (this.#timers.size === 0) callback();
    else this.#callbacks.push(callback);
  }

  /** Awaits a worker. */
  add(worker: number): void {
    clearTimeout(this.#timers.get(worker));
    this.#timers.set(worker, setTimeout(() => this.strike(worker), nativeDelay(this.#timeout)));
  }

  /** A worker has replied or ended. */
  strike(worker: number): void {
    clearTimeout(this.#timers.get(worker));
    if (!this.#timers.delete(worker) || this.#timers.size > 0) return;
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    for (const callback of callbacks) callback();
  }
}
