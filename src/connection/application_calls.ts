/**
 * Waits for promises that handlers return, and reports how they settle.
 *
 * @module
 */

import { settledPromise } from "../calls.ts";
import type { ConcurrencyLimiter } from "./concurrency_limiter.ts";

/** The connection that a handler belongs to. */
export interface HandlerOwner {
  readonly service: { readonly limiter: ConcurrencyLimiter };
  /** A handler has returned a promise (1), or its promise has settled (-1). */
  pending(change: 1 | -1): void;
  /** A function of the application has thrown, or its promise was rejected. */
  handlerFailed(name: string, thrown: unknown): void;
}

/** Counts a handler as pending until its promise settles. */
export function awaitHandler(
  owner: HandlerOwner,
  name: string,
  promise: PromiseLike<unknown>,
): void {
  const { limiter } = owner.service;
  limiter.enter();
  owner.pending(1);
  const settled = (): void => {
    limiter.leave();
    owner.pending(-1);
  };
  settledPromise(promise).then(settled, (thrown) => {
    owner.handlerFailed(name, thrown);
    settled();
  });
}
