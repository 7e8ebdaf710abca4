/**
 * What a stream connection awaits of the application, and what it asks of its session.
 *
 * @module
 */

import { settledPromise } from "../calls.ts";
import type { ConcurrencyLimiter } from "./concurrency_limiter.ts";

/** A connection, as far as its handlers go. */
export interface HandlerOwner {
  readonly service: { readonly limiter: ConcurrencyLimiter };
  /** One handler more has returned a promise (1), or the promise of one has settled (-1). */
  pending(change: 1 | -1): void;
  /** A function of the application has thrown, or its promise was rejected. */
  handlerFailed(name: string, thrown: unknown): void;
}

/** Counts a handler as pending until its promise has settled. */
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
