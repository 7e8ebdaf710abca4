/**
 * Handles values that may be promises.
 *
 * @module
 */

/**
 * Tells whether `value` is a promise of any library: an object or a function with a method `then`.
 */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return (typeof value === "object" && value !== null || typeof value === "function") &&
    typeof (value as { then?: unknown }).then === "function";
}

/**
 * Calls `next` with `value`, or if that is a promise, with what it resolves to.
 *
 * @param value A value, or a promise of one.
 * @param next Receives the value.
 * @returns The result of `next`, or a promise of it if `value` was a promise.
 */
export function whenSettled<Value, Result>(
  value: Value | PromiseLike<Value>,
  next: (value: Value) => Result | Promise<Result>,
): Result | Promise<Result> {
  return isPromiseLike(value)
    ? Promise.resolve(value as PromiseLike<Value>).then(next)
    : next(value);
}
