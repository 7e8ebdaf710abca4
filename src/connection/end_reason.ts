/**
 * Why connections end.
 *
 * @module
 */

import { isGoerError } from "../calls.ts";

/**
 * Why a connection has ended: what came first.
 *
 * - `"peer"`: the peer has ended or closed it.
 * - `"app"`: your code has called `close`, `end`, `destroy` or `terminate`.
 * - `"protocol"`: the protocol was done, such as HTTP without keep-alive or a closed WebSocket.
 * - `"timeout"`: nothing has moved for `idleTimeout`, or no pong has arrived.
 * - `"limit"`: a message was over `maxPacketSize`, or the client over `clientLimits`.
 * - `"protocol_error"`: the peer's bytes violate the protocol, or have not arrived in time.
 * - `"handler_error"`: a handler threw or rejected.
 * - `"connection_error"`: it was reset, or the system could not read or write.
 * - `"drain"`: the service stops or reloads, or the connection was over `maxConnectionAge`.
 */
export type EndReason =
  | "peer"
  | "app"
  | "protocol"
  | "timeout"
  | "limit"
  | "protocol_error"
  | "handler_error"
  | "connection_error"
  | "drain";

/** All reasons, in the order in which they are shown. */
export const END_REASONS: readonly EndReason[] = [
  "peer",
  "app",
  "protocol",
  "timeout",
  "limit",
  "protocol_error",
  "handler_error",
  "connection_error",
  "drain",
];

/** How many connections have ended, by reason. */
export type EndCounts = Record<EndReason, number>;

/** Counts that are all 0. */
export function noEnds(): EndCounts {
  return Object.fromEntries(END_REASONS.map((reason) => [reason, 0])) as EndCounts;
}

/** The reason when `depart` is called. */
export const DEPARTURES: Readonly<Record<"close" | "restart" | "error", EndReason>> = {
  close: "app",
  restart: "drain",
  error: "handler_error",
};

/** The reason when a session fails. */
export function endReasonOf(error: unknown): EndReason {
  const code = isGoerError(error) ? error.code : undefined;
  if (code === "GOER_PACKET_TOO_LARGE" || code === "GOER_TOO_MANY") return "limit";
  if (code === "GOER_IDLE_TIMEOUT") return "timeout";
  return code === "GOER_HANDLER" ? "handler_error" : "protocol_error";
}
