/**
 * Limits how many handlers are pending at the same time (a "coroutine pool").
 *
 * @module
 */

/** The default limit of pending datagram handlers, if `maxConcurrentHandlers` is 0. */
const DEFAULT_DATAGRAM_HANDLERS = 1_024;

/** How many handlers of a service may be pending. On streams, each connection has at most one. */
export function maxPendingHandlers(
  { maxConcurrentHandlers }: { readonly maxConcurrentHandlers: number },
  { transport }: { readonly transport: string },
): number {
  if (maxConcurrentHandlers > 0) return maxConcurrentHandlers;
  return transport === "udp" ? DEFAULT_DATAGRAM_HANDLERS : Infinity;
}

/** Waits until another handler may start. */
export interface Waiter {
  /** There is room: try again. */
  admitted(): void;
}

/** Counts pending handlers. At the limit, connections wait in order. */
export class ConcurrencyLimiter {
  readonly #limit: number;
  #pending = 0;
  #waiting: Waiter[] = [];

  /** @param limit The most pending handlers. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many handlers are pending. */
  get pending(): number {
    return this.#pending;
  }

  /** True if no other handler may start. */
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
    // An admitted connection may not need the room (a synchronous handler, or it has closed).
    while (!this.full && this.#waiting.length > 0) this.#waiting.shift()!.admitted();
  }

  /** Calls `waiting.admitted()` once there is room. */
  wait(waiting: Waiter): void {
    this.#waiting.push(waiting);
  }
}
