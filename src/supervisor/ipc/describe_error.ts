/**
 * What went wrong, in words.
 *
 * @module
 */

import { GoerError } from "../../errors.ts";
import { isDenied } from "../../runtime/errors.ts";
import { MAX_TEXT_LENGTH } from "../../shapes.ts";

/**
 * An error of ours says enough by its message; of another one the stack is wanted too. Only the beginning,
 * where it is longer than other processes take.
 */
export function describeError(error: unknown): string {
  return wordsOf(error).slice(0, MAX_TEXT_LENGTH);
}

function wordsOf(error: unknown): string {
  if (error instanceof GoerError) return error.message;
  if (error instanceof Error) return error.stack ?? String(error);
  return `${error} was thrown`;
}

/** What stopped a command: of a right that is missing, too, the message says enough. */
export function describeFailure(error: unknown): string {
  return isDenied(error) ? (error as Error).message : describeError(error);
}
