/**
 * Log lines: time, level, source, text.
 *
 * @module
 */

import { printableLines } from "./printable.ts";

/** The severity of a line. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** The destination of log lines. A line that cannot be written is lost without an error. */
export interface LogSink {
  /** Writes whole lines. */
  write(lines: string): void;
}

/** Writes log lines. */
export class Log {
  readonly #origin: string;
  readonly #sink: LogSink;

  /** @param origin The source: `"supervisor"`, `"worker 3"`. */
  constructor(origin: string, sink: LogSink) {
    this.#origin = origin;
    this.#sink = sink;
  }

  /** Writes one or more lines. */
  write(level: LogLevel, text: string): void {
    this.#sink.write(logLines(level, this.#origin, text));
  }
}

/**
 * Formats lines of a log, with their ends. Control characters are escaped, because the text can
 * quote a peer.
 */
export function logLines(level: LogLevel, origin: string, text: string): string {
  const head = `${new Date().toISOString()} ${level} ${origin}: `;
  return printableLines(text).split("\n").map((line) => `${head}${line}\n`).join("");
}
