/**
 * The bound on handlers that are at work at one time: the "coroutine pool".
 *
 * @module
 */

/** Who waits for a handler to be admitted. */
export interface Waiter {
  /** There is room: try again. */
  admitted(): void;
}

/** Counts pending handlers, and lets connections wait in order while there are too many. */
export class ConcurrencyLimiter {
  readonly #limit: number;
  #pending = 0;
  #waiting: Waiter[] = [];

  /** @param limit How many handlers may be pending at one time. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many handlers are pending. */
  get pending(): number {
    return this.#pending;
  }

  /** True while no other handler may begin. */
  get full(): boolean {
    return this.#pending >= this.#limit;
  }

  /** A handler has returned a promise. */
  enter(): void {
    this.#pending++;
  }

  /** A handler's promise has settled. */
  leave(): void {
    this.#pending--;
    // One that is admitted may need no room after all (a synchronous handler, a closed connection).
    while (!this.full && this.#waiting.length > 0) this.#waiting.shift()!.admitted();
  }

  /** Calls `waiting.admitted()` once there is room. */
  wait(waiting: Waiter): void {
    this.#waiting.push(waiting);
  }
}
