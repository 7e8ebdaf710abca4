/**
 * Log lines: time, level, who says it, what. They go to a file or to standard output; one that
 * cannot be written is lost, and nothing else comes of it.
 *
 * @module
 */

import { GoerError } from "./errors.ts";
import { printableLines } from "./printable.ts";
import { type AppendFile, openAppendFile } from "./runtime/append_file.ts";
import { writeOutput } from "./runtime/process.ts";

/** How grave a line is. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Writes log lines. */
export class Log {
  readonly #origin: string;
  #file: AppendFile | undefined;

  /**
   * @param origin Who says it: `"supervisor"`, `"worker 3"`.
   * @param path The file; standard output where there is none.
   * @throws {GoerError} Where the file cannot be opened.
   */
  constructor(origin: string, path?: string) {
    this.#origin = origin;
    if (path !== undefined) this.#file = openLogFile(path);
  }

  /** The file's descriptor, for the output of a child. */
  get descriptor(): number | undefined {
    return this.#file?.descriptor;
  }

  /** Writes one or more lines. Control characters are escaped: the text may quote a peer. */
  write(level: LogLevel, text: string): void {
    const head = `${new Date().toISOString()} ${level} ${this.#origin}: `;
    const lines = printableLines(text).split("\n").map((line) => `${head}${line}\n`).join("");
    if (this.#file) this.#file.write(lines);
    else writeOutput(lines);
  }

  /** Goes on in a file. @throws {GoerError} Where that cannot be opened. */
  useFile(path: string): void {
    this.#file = openLogFile(path);
  }

  /** Opens the file's path anew: another program has renamed the file. */
  reopen(): void {
    try {
      this.#file?.reopen();
    } catch (error) {
      this.write("error", `Cannot open the log file anew: ${error}`);
    }
  }
}

/** Opens a log file. @throws {GoerError} Where that fails. */
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
