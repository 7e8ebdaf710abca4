/**
 * The log file of a service.
 *
 * @module
 */

import { GoerError } from "../../errors.ts";
import { logLines } from "../../log.ts";
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

const NEWLINE = 10;

/** A log file that counts the lines for which the disk had no room. */
export class LogFile {
  readonly #file: AppendFile;
  #lost: number;

  /**
   * @param lost How many lines a previous process has lost.
   * @throws {GoerError} `GOER_INVALID_ARGUMENT` if the file cannot be opened.
   */
  constructor(path: string, lost = 0) {
    this.#file = openLogFile(path);
    this.#lost = lost;
  }

  /** For a child's output. */
  get descriptor(): number {
    return this.#file.descriptor;
  }

  /** How many lost lines have not been reported. */
  get lost(): number {
    return this.#lost;
  }

  /** Writes whole lines. If that is not possible, they are lost, and reported when it is. */
  write(lines: string | Uint8Array): void {
    if (this.#lost > 0 && this.#file.write(this.#report())) this.#lost = 0;
    if (this.#lost > 0 || !this.#file.write(lines)) this.#lost += countLines(lines);
  }

  /** Opens the path again: see {@linkcode AppendFile.reopen}. */
  reopen(beforeClose: (before: number, after: number) => void): void {
    this.#file.reopen(beforeClose);
  }

  #report(): string {
    const lost = this.#lost === 1 ? "1 line was" : `${this.#lost} lines were`;
    return logLines("warn", "supervisor", `${lost} dropped: the log file could not be written`);
  }
}

function countLines(lines: string | Uint8Array): number {
  if (typeof lines === "string") return lines.split("\n").length - 1;
  return lines.reduce((count, byte) => byte === NEWLINE ? count + 1 : count, 0);
}
