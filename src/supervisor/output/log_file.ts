/**
 * The log file of a service.
 *
 * @module
 */

import { GoerError } from "../../errors.ts";
import { type AppendFile, openAppendFile } from "../../runtime/files/append_file.ts";

/**
 * Opens a log file.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if that fails.
 */
export function openLogFile(path: string): AppendFile {
  try {
    return openAppendFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : cause;
    throw new GoerError(
      "GOER_INVALID_ARGUMENT",
      `Cannot open the log file: ${path} (${reason})`,
      { cause },
    );
  }
}
