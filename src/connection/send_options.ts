/**
 * Checks the options of `send` and `close`: a misspelt option would do nothing.
 *
 * @module
 */

import { BOOLEAN, checkOptions, type OptionSet, type OptionType } from "../option_types.ts";
import type { SendOptions } from "../protocol/connection.ts";

/** The types of the options of `send`. */
export const SEND_TYPES: Readonly<Record<keyof SendOptions, OptionType>> = {
  immutable: BOOLEAN,
  raw: BOOLEAN,
};

const SEND: OptionSet = { of: "send", types: SEND_TYPES };

/**
 * Checks the options of `send` and `close`, which are the same.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if an option is unknown or of another type.
 */
export function checkSendOptions(options: SendOptions | undefined): void {
  if (options === undefined) return;
  if (typeof options !== "object") return checkOptions(options, SEND);
  // Runs for each message, so correct options must not cost a table lookup.
  for (const name in options) {
    const value: unknown = options[name as keyof SendOptions];
    const known = name === "raw" || name === "immutable";
    if (!known || value !== undefined && typeof value !== "boolean") checkOptions(options, SEND);
  }
}
