/**
 * Waits for promises that handlers return, and reports how they settle.
 *
 * @module
 */

import { settledPromise } from "../calls.ts";
import { isPromiseLike } from "../promises.ts";
import type { CloseStatus, Connection } from "../protocol/connection.ts";
import type { Session } from "../protocol/session.ts";
import type { ConcurrencyLimiter } from "./concurrency_limiter.ts";
import type { Handlers } from "./handlers.ts";
import type { Statistics } from "./service.ts";

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
function awaitHandler(
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

/** The handlers that are called without a message. */
type Event = "onConnect" | "onEnd" | "onClose" | "onBufferFull" | "onBufferDrain";

/** Calls a handler, waits for its promise, and reports its error. */
export function callHandler<Out, Name extends Event>(
  owner: HandlerOwner & Connection<Out>,
  handlers: Pick<Handlers<never, Out>, Name>,
  name: Name,
  ...details: [error?: Error, status?: CloseStatus]
): void {
  try {
    const result: unknown = handlers[name]?.(owner, ...details);
    if (isPromiseLike(result)) awaitHandler(owner, name, result);
  } catch (thrown) {
    owner.handlerFailed(name, thrown);
  }
}

/** Calls `onMessage`. If handlers are measured, counts the time until its promise settles. */
export function callOnMessage<In, Out>(
  owner: Connection<Out> & { readonly service: { readonly statistics: Statistics } },
  handlers: Handlers<In, Out>,
  message: In,
): unknown {
  const { handlerTimes } = owner.service.statistics;
  if (handlerTimes === undefined) return handlers.onMessage?.(owner, message);
  const start = performance.now();
  const end = (): void => handlerTimes.add((performance.now() - start) / 1000);
  let result: unknown;
  try {
    result = handlers.onMessage?.(owner, message);
  } catch (thrown) {
    end();
    throw thrown;
  }
  if (isPromiseLike(result)) settledPromise(result).then(end, end);
  else end();
  return result;
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
