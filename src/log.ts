/**
 * Log lines: time, level, source, text.
 *
 * @module
 */

import { jsonLine } from "./json_log.ts";
import type { LogFormat, LogLevel, LogRecord } from "./log_record.ts";
import { printableLines } from "./printable.ts";

/** The destination of log lines. A line that cannot be written is lost without an error. */
export interface LogSink {
  /** Writes whole lines. */
  write(lines: string): void;
}

/** Who logs: the supervisor, or the worker with this id. */
export type LogOrigin = "supervisor" | { readonly worker: number };

/** A process has one log, and so one format. */
let format: LogFormat = "text";

/** From here on, this process logs in this format. */
export function useLogFormat(next: LogFormat): void {
  format = next;
}

/** The format of this process's log. */
export function logFormat(): LogFormat {
  return format;
}

/** Writes log lines. */
export class Log {
  readonly #origin: LogOrigin;
  readonly #sink: LogSink;

  /** @param origin The source. */
  constructor(origin: LogOrigin, sink: LogSink) {
    this.#origin = origin;
    this.#sink = sink;
  }

  /**
   * Writes one or more lines.
   *
   * @param details What only JSON shows in fields of their own.
   */
  write(level: LogLevel, text: string, details?: Partial<LogRecord>): void {
    this.#sink.write(logLines(level, this.#origin, text, details));
  }
}

/**
 * Formats lines of a log, with their ends. Control characters are escaped, because the text can
 * quote a peer.
 */
export function logLines(
  level: LogLevel,
  origin: LogOrigin,
  text: string,
  details?: Partial<LogRecord>,
): string {
  const time = new Date();
  if (format === "json") {
    const worker = origin === "supervisor" ? undefined : origin.worker;
    return jsonLine({ time, level, worker, ...details, message: text });
  }
  const source = origin === "supervisor" ? origin : `worker ${origin.worker}`;
  const head = `${time.toISOString()} ${level} ${source}: `;
  return printableLines(text).split("\n").map((line) => `${head}${line}\n`).join("");
}
