/**
 * Checks options that are numbers.
 *
 * @module
 */

import { typeName } from "./bytes/outgoing.ts";
import { GoerError } from "./errors.ts";

/** The longest delay of a native timer, in ms, about 24 days. Longer ones fire immediately. */
export const MAX_DELAY = 2 ** 31 - 1;

/** The largest size of one piece of memory, and the most of most things. */
export const MAX_SIZE = 2 ** 31 - 1;

/** The least and the greatest value. If the greatest is `Infinity`, it is allowed, too. */
export type Bounds = readonly [least: number, greatest: number];

/** The delay for a native timer. A longer one is shortened. */
export function nativeDelay(delay: number): number {
  return Math.min(delay, MAX_DELAY);
}

/**
 * The error for an invalid option.
 *
 * @param option The application's name for it: `"compression.level"`.
 * @param expected What is allowed.
 * @param given The value from {@linkcode describeValue}, or less of a secret one.
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

/** True for a whole number within bounds, and for `Infinity` where that is the greatest. */
export function isWholeNumber(value: unknown, [least, greatest]: Bounds): value is number {
  if (value === Infinity) return greatest === Infinity;
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= greatest;
}

/**
 * Checks that an option is a whole number within its bounds. `undefined` means the default.
 *
 * @param name The application's name for it.
 * @param value The application's value.
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if it is not.
 */
export function checkNumber(name: string, value: unknown, bounds: Bounds): void {
  if (value === undefined || isWholeNumber(value, bounds)) return;
  const [least, greatest] = bounds;
  const most = greatest === Infinity ? "up, or Infinity" : `to ${greatest}`;
  throw invalidOption(name, `a whole number from ${least} ${most}`, describeValue(value));
}

/**
 * Checks several options with {@linkcode checkNumber}.
 *
 * @param prefix The prefix of their names: `"compression."`.
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
