/**
 * Options that are lists of addresses.
 *
 * @module
 */

import { invalidOption } from "../numbers.ts";
import { isObject, type OptionType } from "../option_types.ts";

/** A list of addresses and networks. */
export const ADDRESSES: OptionType = [
  "a list of IP addresses and networks",
  (value) => Array.isArray(value) && value.every((entry) => typeof entry === "string"),
];

/** A list of addresses, or an object with one. */
export const ADDRESSES_OR_OBJECT: OptionType = [
  "a list of IP addresses and networks, or an object",
  (value) => isObject(value) || ADDRESSES[1](value),
];

/** Refuses options without a list of addresses. */
export function checkGiven(option: string, addresses: unknown): void {
  if (addresses === undefined) throw invalidOption(option, ADDRESSES[0], "nothing");
}
