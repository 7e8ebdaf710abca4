/**
 * Log lines as JSON, one object per line.
 *
 * @module
 */

import type { LogRecord } from "./log_record.ts";
import { cut, printable } from "./printable.ts";
import { foldStack } from "./stack_frames.ts";

/** The most causes to write, because an error can be its own cause. */
const MAX_CAUSES = 8;

/** The longest message and stack of an error or a cause, in UTF-16 units. */
const MAX_ERROR_TEXT = 4096;

/** An error, as it is written. */
interface WrittenError {
  name: string;
  message: string;
  code?: string;
  stack?: string;
  cause?: WrittenError;
}

/** Writes a record as one line, with its end. */
export function jsonLine({ time, level, message, error, ...origin }: LogRecord): string {
  const record = {
    time: time.toISOString(),
    level,
    ...origin,
    message: cut(message),
    error: error === undefined ? undefined : written(error),
  };
  return `${printable(JSON.stringify(record))}\n`;
}

function written(thrown: unknown, depth = 0): WrittenError {
  try {
    if (!(thrown instanceof Error)) {
      return { name: typeof thrown, message: cut(String(thrown), MAX_ERROR_TEXT) };
    }
    const { name, message, stack, cause } = thrown;
    const { code } = thrown as { code?: unknown };
    const goesOn = cause !== undefined && depth < MAX_CAUSES;
    return {
      name: cut(String(name), MAX_ERROR_TEXT),
      message: cut(String(message), MAX_ERROR_TEXT),
      code: typeof code === "string" ? cut(code, MAX_ERROR_TEXT) : undefined,
      stack: typeof stack === "string" ? cut(foldStack(stack), MAX_ERROR_TEXT) : undefined,
      cause: goesOn ? written(cause, depth + 1) : undefined,
    };
  } catch {
    return { name: typeof thrown, message: "the thrown value cannot be shown" };
  }
}
