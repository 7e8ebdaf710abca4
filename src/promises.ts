/**
 * Values that may be promises, of whichever library.
 *
 * @module
 */

/**
 * Tells whether `value` is to be awaited: a promise, or any other object with a method `then`, as
 * query builders and promises of other realms are.
 */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return (typeof value === "object" && value !== null || typeof value === "function") &&
    typeof (value as { then?: unknown }).then === "function";
}

/**
 * Goes on with `value`: at once, or where it is to be awaited with what it resolves to.
 *
 * @param value A value, or a promise of one.
 * @param next Takes the value.
 * @returns What `next` returns; a promise of that where `value` was one.
 */
export function whenSettled<Value, Result>(
  value: Value | PromiseLike<Value>,
  next: (value: Value) => Result | Promise<Result>,
): Result | Promise<Result> {
  return isPromiseLike(value)
    ? Promise.resolve(value as PromiseLike<Value>).then(next)
    : next(value);
}
