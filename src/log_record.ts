/**
 * What Goer logs, as values.
 *
 * @module
 */

/** The severity of a log line. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** How the log is written: as text, or as one JSON object per line. */
export type LogFormat = "text" | "json";

/** What Goer passes to the option `logger`. */
export interface LogRecord {
  /** When it happened. */
  readonly time: Date;
  /** The severity. */
  readonly level: LogLevel;
  /** What happened, without stack. Control characters that come from a peer are escaped. */
  readonly message: string;
  /** The id of the worker; undefined without a supervisor. */
  readonly worker?: number;
  /** The name of the service. */
  readonly service?: string;
  /** The id of the connection, if one is concerned. */
  readonly connection?: number;
  /** What was thrown, with its stack and its causes. */
  readonly error?: unknown;
}

/**
 * Receives what Goer logs about a service, such as the errors of its handlers. If it throws, the
 * record is written to the console.
 *
 * @param record What happened.
 */
export type Logger = (record: LogRecord) => void;
