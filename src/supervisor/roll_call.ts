/**
 * Waiting for workers to answer.
 *
 * @module
 */

/** Some workers that are to answer: complete once each has, or is gone, or the time is up. */
export class RollCall {
  readonly #missing: Set<number>;
  /** Settles when nobody is waited for any more. */
  readonly complete: Promise<void>;
  #finish!: () => void;

  /**
   * @param workers Those that are to answer.
   * @param timeout How long they may take, in ms: one that hangs holds up the others no longer.
   */
  constructor(workers: Iterable<number> = [], timeout: number = 0) {
    this.#missing = new Set(workers);
    this.complete = new Promise((resolve) => {
      const timer = setTimeout(resolve, timeout);
      this.#finish = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    if (this.#missing.size === 0) this.#finish();
  }

  /** A worker has answered, or is gone. */
  strike(worker: number): void {
    if (this.#missing.delete(worker) && this.#missing.size === 0) this.#finish();
  }
}
