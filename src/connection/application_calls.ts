/**
 * Waits for promises that handlers return, and reports how they settle.
 *
 * @module
 */

import { settledPromise } from "../calls.ts";
import { isPromiseLike } from "../promises.ts";
import type { Session } from "../protocol/session.ts";
import type { ConcurrencyLimiter } from "./concurrency_limiter.ts";

/** The connection that a handler belongs to. */
export interface HandlerOwner {
  readonly service: { readonly limiter: ConcurrencyLimiter };
  /** A handler has returned a promise (1), or its promise has settled (-1). */
  pending(change: 1 | -1): void;
  /** A function of the application has thrown, or its promise was rejected. */
  handlerFailed(name: string, thrown: unknown): void;
}

/**
 * Counts a handler as pending until its promise settles.
 *
 * @param use Called with what the promise resolves to, while the handler is still pending.
 */
export function awaitHandler(
  owner: HandlerOwner,
  name: string,
  promise: PromiseLike<unknown>,
  use?: (value: unknown) => void,
): void {
  const { limiter } = owner.service;
  limiter.enter();
  owner.pending(1);
  const settled = (): void => {
    limiter.leave();
    owner.pending(-1);
  };
  const failed = (thrown: unknown): void => {
    owner.handlerFailed(name, thrown);
    settled();
  };
  const resolved = (value: unknown): void => {
    try {
      if (value !== undefined) use?.(value);
    } catch (thrown) {
      return failed(thrown);
    }
    settled();
  };
  settledPromise(promise).then(resolved, failed);
}

/** Tells the session what `onMessage` has returned, or what its promise resolves to. */
export function takeResult<In>(
  owner: HandlerOwner & { readonly session: Session<In, never> },
  message: In,
  result: unknown,
): void {
  const { session } = owner;
  if (!isPromiseLike(result)) return session.returned?.(message, result);
  awaitHandler(owner, "onMessage", result, (value) => session.returned?.(message, value));
}
