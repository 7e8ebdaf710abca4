/**
 * What the connections of one service share.
 *
 * @module
 */

import type { Protocol } from "../../protocols/protocol.ts";
import { errorText } from "../error_text.ts";
import { GoerError, ProtocolError } from "../errors.ts";
import { printable } from "../printable.ts";
import type { HandlerGate } from "./gate.ts";
import type { GroupMembership } from "./base.ts";
import type { Handlers } from "./handlers.ts";
import type { Connection } from "./types.ts";

/** The bounds that a service puts on each connection. `src/options.ts` says what each is for. */
export interface ConnectionLimits {
  readonly maxPackageSize: number;
  readonly maxSendBufferSize: number;
  readonly idleTimeout: number;
  readonly lingerTimeout: number;
}

/**
 * Counts what a service has done since it started.
 *
 * @example
 * ```ts
 * import { Goer } from "@goer/goer";
 *
 * await using service = await new Goer("text://127.0.0.1:0").listen();
 * if (service.statistics.connections !== 0) throw new Error();
 * ```
 */
export class Statistics {
  /** Connections accepted. */
  connections = 0;
  /** Connections refused because `maxConnections` were open. */
  refused = 0;
  /** Messages given to handlers. */
  messages = 0;
  /** Bytes received. */
  bytesRead = 0;
  /** Bytes the system has taken. */
  bytesWritten = 0;
  /** Messages refused by `send`. */
  sendFailures = 0;
  /** Handlers that threw or rejected. */
  handlerErrors = 0;
}

/** One service, as its connections know it. */
export interface Service<In = unknown, Out = unknown> {
  readonly protocol: Protocol<In, Out>;
  /** Read anew for each event: a handler may be replaced at any time. */
  readonly handlers: Handlers<In, Out>;
  readonly limits: ConnectionLimits;
  readonly gate: HandlerGate;
  readonly statistics: Statistics;
  /** Who keeps the groups of its connections; undefined where they can be in none. */
  readonly groups?: GroupMembership;
  /** A stream connection is gone. */
  forget(connection: Connection<Out>): void;
}

/** Tells whether a handler has returned a promise; what else it returns does not matter. */
export function isPromise(result: unknown): result is Promise<unknown> {
  return typeof result === "object" && result !== null &&
    typeof (result as Promise<unknown>).then === "function";
}

/** Tells the application of an error. What `onError` throws itself goes to the console. */
export function report<In, Out>(
  service: Pick<Service<In, Out>, "handlers" | "statistics">,
  connection: Connection<Out>,
  error: GoerError,
): void {
  if (error.code === "GOER_HANDLER") service.statistics.handlerErrors++;
  const { onError } = service.handlers;
  if (onError === undefined) {
    if (error.code === "GOER_HANDLER") console.error(errorText(error));
    return;
  }
  try {
    onError(connection, error);
  } catch (thrown) {
    console.error(errorText(handlerError("onError", connection, thrown)));
  }
}

/** Makes a {@linkcode GoerError} of what a protocol threw. */
export function protocolError(name: string, error: Error): GoerError {
  if (error instanceof GoerError) return error;
  return new ProtocolError(`The protocol ${name} failed: ${printable(error.message)}`, {
    cause: error,
  });
}

/** Makes the error of a connection on which nothing has moved for too long. */
export function idleError({ remoteAddress }: Connection, idleTimeout: number): GoerError {
  return new GoerError(
    "GOER_IDLE_TIMEOUT",
    `No byte came from or went to ${remoteAddress} for ${idleTimeout} ms`,
  );
}

/** Makes a {@linkcode GoerError} of what a handler threw. */
export function handlerError(name: string, connection: Connection, cause: unknown): GoerError {
  const reason = printable(cause instanceof Error ? cause.message : String(cause));
  return new GoerError(
    "GOER_HANDLER",
    `${name} failed for ${connection.remoteAddress}: ${reason}`,
    { cause },
  );
}
