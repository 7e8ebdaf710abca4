/**
 * Formats errors for the log and for commands.
 *
 * @module
 */

import { GoerError } from "../../errors.ts";
import { isDenied } from "../../runtime/errors.ts";
import { MAX_TEXT_LENGTH } from "../../shapes.ts";
import { foldStack, withoutForeignFrames } from "../../stack_frames.ts";

/**
 * For Goer's own errors the message is enough, for others the stack is added. The text is cut to
 * the length that other processes accept.
 */
export function describeError(error: unknown): string {
  return wordsOf(error).slice(0, MAX_TEXT_LENGTH);
}

function wordsOf(error: unknown): string {
  if (error instanceof GoerError) return error.message;
  if (error instanceof Error) return foldStack(error.stack ?? String(error));
  return `${error} was thrown`;
}

/** Formats an error of loading the app: Goer and the runtime have only called it. */
export function describeLoadError(error: unknown): string {
  return withoutForeignFrames(describeError(error).split("\n")).join("\n");
}

/**
 * Formats the error that stopped a command. For a missing permission the message is enough, too.
 */
export function describeFailure(error: unknown): string {
  return isDenied(error) ? (error as Error).message : describeError(error);
}
