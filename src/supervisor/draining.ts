/**
 * Waiting until workers that are told to drain accept no more.
 *
 * @module
 */

/** How long a worker may take for that, in ms: one that hangs holds up the others no longer. */
const TIMEOUT = 1_000;

/** Workers that have been told to drain, and may still accept a connection. */
export class Draining {
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();
  #callbacks: (() => void)[] = [];

  /** A worker has been told. */
  add(worker: number): void {
    clearTimeout(this.#timers.get(worker));
    this.#timers.set(worker, setTimeout(() => this.delete(worker), TIMEOUT));
  }

  /** A worker accepts no more, or is gone, or its time is up. */
  delete(worker: number): void {
    clearTimeout(this.#timers.get(worker));
    if (!this.#timers.delete(worker) || this.#timers.size > 0) return;
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    for (const callback of callbacks) callback();
  }

  /** Calls `callback` as soon as there is none: at once, where that is so now. */
  whenNone(callback: () => void): void {
    if (this.#timers.size === 0) callback();
    else this.#callbacks.push(callback);
  }
}
