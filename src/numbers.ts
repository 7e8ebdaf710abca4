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

/**
 * Makes the error of an option that is not valid.
 *
 * @param option What the application calls it: `"compression.level"`.
 * @param expected What it has to be.
 * @param given What it is, by {@linkcode describeValue}, or less of a secret.
 */
export function invalidOption(option: string, expected: string, given: string): GoerError {
  const message = `Invalid option ${option}: expected ${expected}, got ${given}`;
  return new GoerError("GOER_INVALID_ARGUMENT", message, { option });
}

/** A value and its type, for an error: `"4" (a string)`. */
export function describeValue(value: unknown): string {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value.length <= 20
    ? `${JSON.stringify(value)} (a string)`
    : typeName(value);
}

/**
 * Makes sure that an option is a whole number within its bounds. `undefined` stands for its default.
 *
 * @param name What the application calls it.
 * @param value What the application gave.
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if it is not.
 */
export function checkNumber(name: string, value: unknown, [least, greatest]: Bounds): void {
  if (value === undefined || value === Infinity && greatest === Infinity) return;
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= greatest) {
    return;
  }
  const most = greatest === Infinity ? "up, or Infinity" : `to ${greatest}`;
  throw invalidOption(name, `a whole number from ${least} ${most}`, describeValue(value));
}

/**
 * Checks each of some options by {@linkcode checkNumber}.
 *
 * @param prefix What stands before their names: `"compression."`.
 */
export function checkNumbers(
  options: object,
  bounds: Readonly<Record<string, Bounds>>,
  prefix = "",
): void {
  for (const [name, range] of Object.entries(bounds)) {
    checkNumber(prefix + name, (options as Record<string, unknown>)[name], range);
  }
}
