/**
 * Log lines: time, level, who says it, what.
 *
 * @module
 */

import { printableLines } from "./printable.ts";

/** How grave a line is. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Where log lines go. One that cannot be written is lost, and nothing else comes of it. */
export interface LogSink {
  /** Takes whole lines. */
  write(lines: string): void;
}

/** Writes log lines. */
export class Log {
  readonly #origin: string;
  readonly #sink: LogSink;

  /** @param origin Who says it: `"supervisor"`, `"worker 3"`. */
  constructor(origin: string, sink: LogSink) {
    this.#origin = origin;
    this.#sink = sink;
  }

  /** Writes one or more lines. */
  write(level: LogLevel, text: string): void {
    this.#sink.write(logLines(level, this.#origin, text));
  }
}

/** Lines of a log, with their ends. Control characters are escaped: the text may quote a peer. */
export function logLines(level: LogLevel, origin: string, text: string): string {
  const head = `${new Date().toISOString()} ${level} ${origin}: `;
  return printableLines(text).split("\n").map((line) => `${head}${line}\n`).join("");
}
