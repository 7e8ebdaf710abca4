/**
 * The one check of options that are numbers.
 *
 * @module
 */

import { typeName } from "./bytes/outgoing.ts";
import { GoerError } from "./errors.ts";

/** The longest delay of a native timer, in ms, about 24 days: after a longer one it fires at once. */
export const MAX_DELAY = 2 ** 31 - 1;

/** The largest size of one piece of memory that an option may ask for, and the most of most things. */
export const MAX_SIZE = 2 ** 31 - 1;

/** The least and the greatest value. Where the greatest is `Infinity`, that is a value as well. */
export type Bounds = readonly [least: number, greatest: number];

/** The delay that a native timer can take: a longer one wakes earlier. */
export function nativeDelay(delay: number): number {
  return Math.min(delay, MAX_DELAY);
}

/** Makes the error of an option that is not valid. */
export function invalidOption(message: string): Error {
  return new GoerError("GOER_INVALID_ARGUMENT", message);
}

/** The same for functions of protocols and timers, which throw the errors of the language. */
export function rangeError(message: string): Error {
  return new RangeError(message);
}

/** What was given in the place of a number, for an error. */
export function givenNumber(value: unknown): string {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value.length <= 20
    ? `a string (${JSON.stringify(value)})`
    : typeName(value);
}

/**
 * Makes sure that an option is a whole number within its bounds. `undefined` stands for its default.
 *
 * @param name What the application calls it.
 * @param value What the application gave.
 * @param fail Makes the error. Default: a `GoerError` with `GOER_INVALID_ARGUMENT`.
 */
export function checkNumber(
  name: string,
  value: unknown,
  [least, greatest]: Bounds,
  fail: (message: string) => Error = invalidOption,
): void {
  if (value === undefined || value === Infinity && greatest === Infinity) return;
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= greatest) {
    return;
  }
  const most = greatest === Infinity ? "up, or Infinity" : `to ${greatest}`;
  throw fail(
    `Cannot use the option ${name}: it has to be a whole number from ${least} ${most}, not ${
      givenNumber(value)
    }`,
  );
}

/**
 * Checks each of some options by {@linkcode checkNumber}.
 *
 * @param prefix What stands before their names: `"compression."`.
 */
export function checkNumbers(
  options: object,
  bounds: Readonly<Record<string, Bounds>>,
  fail: (message: string) => Error = invalidOption,
  prefix = "",
): void {
  for (const [name, range] of Object.entries(bounds)) {
    checkNumber(prefix + name, (options as Record<string, unknown>)[name], range, fail);
  }
}
