/**
 * What went wrong, in words.
 *
 * @module
 */

import { GoerError } from "../errors.ts";

/** An error of ours says enough by its message; of another one the stack is wanted too. */
export function describeError(error: unknown): string {
  if (error instanceof GoerError) return error.message;
  if (error instanceof Error) return error.stack ?? String(error);
  return `${error} was thrown`;
}
