/**
 * What the connections of one service share.
 *
 * @module
 */

import type { Protocol } from "../protocol/protocol.ts";
import { callApplication, isGoerError, logFault, reasonOf } from "../calls.ts";
import { GoerError, ProtocolError } from "../errors.ts";
import { Histogram, measuring } from "../histogram.ts";
import type { Logger } from "../log_record.ts";
import type { BackgroundWork } from "./background_work.ts";
import type { ClientPolicy } from "../clients/policy.ts";
import { type EndCounts, noEnds } from "./end_reason.ts";
import type { ConcurrencyLimiter } from "./concurrency_limiter.ts";
import type { Handlers } from "./handlers.ts";
import type { Connection, GroupName, SendOptions, SendStatus } from "../protocol/connection.ts";

/** The limits of each connection. `src/options.ts` describes them. */
export interface ConnectionLimits {
  readonly maxPacketSize: number;
  readonly maxSendBufferSize: number;
  readonly idleTimeout: number;
  readonly lingerTimeout: number;
}

/**
 * Counters of a service since it started.
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
  /** Connections that have ended, by what has made them end. */
  readonly ended: EndCounts = noEnds();
  /** Connections refused because of `maxConnections`, `clientLimits` or a PROXY header. */
  refused = 0;
  /** Messages and datagrams refused because of `clientLimits`. */
  rejected = 0;
  /** How many times a client had to wait because of `clientLimits`. */
  delayed = 0;
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
  /**
   * How long `onMessage` took, in workers of an app with an admin listener.
   *
   * @internal
   */
  readonly handlerTimes?: Histogram | undefined = measuring.handlers ? new Histogram() : undefined;
}

/** A connection that can be in groups. */
export interface GroupedConnection extends Connection {
  readonly service: Service;
  /** Sends a message that goes to many connections: see `Session.write`. */
  sendShared(
    message: unknown,
    shared?: Map<unknown, Uint8Array>,
    options?: SendOptions,
  ): SendStatus;
}

/** Manages the groups of a service's connections. */
export interface GroupMembership {
  join(connection: GroupedConnection, group: GroupName): Promise<void>;
  leave(connection: GroupedConnection, group: GroupName): void;
  groupsOf(connection: GroupedConnection): ReadonlySet<string>;
  userOf(connection: GroupedConnection): string | undefined;
  setUser(connection: GroupedConnection, user: GroupName | null | undefined): void;
  /** A connection has ended. */
  gone(connection: GroupedConnection): void;
}

/** A service, as its connections know it. */
export interface Service<In = unknown, Out = unknown> {
  /** Its name in the log. */
  readonly name?: string;
  /** Receives what would be logged. */
  readonly logger?: Logger | undefined;
  readonly protocol: Protocol<In, Out>;
  /** Read again for each event, because handlers can be replaced at any time. */
  readonly handlers: Handlers<In, Out>;
  readonly limits: ConnectionLimits;
  readonly limiter: ConcurrencyLimiter;
  readonly statistics: Statistics;
  /** The app makes its connections. */
  readonly outgoing?: boolean;
  /** A connection stays open when its peer has ended its side. */
  readonly allowHalfOpen?: boolean | undefined;
  /** Work that a graceful close waits for; undefined if it never closes gracefully. */
  readonly background?: BackgroundWork;
  /** Manages the groups of its connections; undefined if they cannot be in groups. */
  readonly groups?: GroupMembership;
  /** Who its clients are, and what they may do. */
  readonly clients?: ClientPolicy;
  /** A stream connection has ended. */
  forget(connection: Connection<Out>): void;
}

/** What errors are reported to. */
type ReportingService<In, Out> = Pick<
  Service<In, Out>,
  "handlers" | "logger" | "name" | "statistics"
>;

/**
 * Reports an error to the application. Bugs in the application also go to the log, with the stack.
 */
export function report<In, Out>(
  service: ReportingService<In, Out>,
  connection: Connection<Out>,
  error: GoerError,
): void {
  if (error.code === "GOER_HANDLER") {
    service.statistics.handlerErrors++;
    logFault(error, service, connection);
  }
  const { handlers } = service;
  if (handlers.onError === undefined) return;
  callApplication(
    () => handlers.onError?.(connection, error),
    (thrown) => logFault(handlerError("onError", connection, thrown), service, connection),
  );
}

/**
 * Reports what a protocol threw. A `GoerError` is about the peer; anything else is a bug in the
 * protocol, which also goes to the log.
 */
export function reportProtocol<In, Out>(
  service: ReportingService<In, Out>,
  connection: Connection<Out>,
  { name, thrown }: { name: string; thrown: unknown },
): void {
  if (isGoerError(thrown)) return report(service, connection, thrown);
  const error = new ProtocolError(
    `The protocol ${name} failed for ${connection.remoteAddress}: ${reasonOf(thrown)}`,
    { cause: thrown },
  );
  logFault(error, service, connection);
  report(service, connection, error);
}

/** The error of a connection on which nothing has moved for too long. */
export function idleError({ remoteAddress }: Connection, idleTimeout: number): GoerError {
  return new GoerError(
    "GOER_IDLE_TIMEOUT",
    `No byte was received from or sent to ${remoteAddress} for ${idleTimeout} ms`,
  );
}

/** Wraps what a handler threw in a {@linkcode GoerError}, unless it is one that says more. */
export function handlerError(name: string, connection: Connection, cause: unknown): GoerError {
  if (isGoerError(cause) && cause.code === "GOER_HANDLER") return cause;
  return new GoerError(
    "GOER_HANDLER",
    `${name} failed for ${connection.remoteAddress}: ${reasonOf(cause)}`,
    { cause },
  );
}
