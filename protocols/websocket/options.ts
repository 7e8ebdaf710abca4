/**
 * The options of WebSocket.
 *
 * @module
 */

import type { RequestClient } from "../http/mod.ts";
import type { WebSocketConnection } from "./connection.ts";
import type { CompressionOptions } from "./extension.ts";

/** A client's request for WebSocket. */
export interface UpgradeRequest {
  /** The method: `"GET"`. */
  readonly method: string;
  /** The request target: `"/chat?room=1"`. */
  readonly target: string;
  /** The header fields: `get` takes the name in any case. */
  readonly headers: { get(name: string): string | null | undefined };
  /** Who has sent it. */
  readonly client: RequestClient;
}

/** What {@linkcode WebSocketOptions.onUpgrade} may decide: a plain object with these fields only. */
export interface UpgradeDecision {
  /** A status from 300 to 599 refuses the request; 101, or none, accepts it. */
  status?: number;
  /** Header fields for the response, except those of the handshake itself. */
  headers?: Record<string, string>;
  /** The body of a refusal. */
  body?: string;
  /** The subprotocol: one that the client has offered, or `""`. */
  subprotocol?: string;
}

/**
 * The handlers that only WebSocket has. Like all handlers, they are options and properties of a
 * service. Handlers passed to `createWebSocket` apply to services that do not set their own.
 *
 * @typeParam State The type of {@linkcode Connection.state}.
 */
export interface WebSocketHandlers<State = unknown> {
  /**
   * Called for each valid request. It can refuse the request or add to the response. Returns
   * nothing, an {@linkcode UpgradeDecision} or a promise of either. If it throws or returns
   * anything else, Goer reports the error and the client gets 500. If the client disconnects before
   * the decision, `onConnect` is not called.
   *
   * @param request The request.
   * @param connection The connection. Its `state` can store who the client is.
   */
  onUpgrade?(
    request: UpgradeRequest,
    connection: WebSocketConnection<State>,
  ): UpgradeDecision | void | PromiseLike<UpgradeDecision | void>;
  /**
   * A pong has arrived.
   *
   * @param connection The connection.
   * @param data The pong's payload, valid during the call.
   */
  onPong?(connection: WebSocketConnection<State>, data: Uint8Array): unknown;
}

/**
 * Options of a WebSocket service. Durations are whole ms up to 2,147,483,647 (about 24 days), sizes
 * whole bytes. Both are from 1, except for `pingInterval`.
 */
export interface WebSocketOptions extends WebSocketHandlers {
  /**
   * The largest message to accept. A larger one closes the connection with 1009 before it is buffered.
   *
   * @default {the service's maxPacketSize (10 MiB)}
   */
  maxMessageSize?: number;
  /**
   * Pings a peer that was silent for this long. 0 never pings.
   *
   * @default {30000}
   */
  pingInterval?: number;
  /**
   * Disconnects a peer that is silent for this long after a ping. A peer that reads queued bytes
   * within 60 s counts as alive.
   *
   * @default {10000}
   */
  pongTimeout?: number;
  /**
   * How long a message may take, from its first byte to its last. After that the connection is
   * closed with 1008. Time in which this side does not read does not count. With the default, a
   * message of 10 MiB needs 35 KiB/s.
   *
   * @default {300000}
   */
  messageTimeout?: number;
  /**
   * How long the peer may take to reply to a close frame, after it was sent.
   *
   * @default {2000}
   */
  closeTimeout?: number;
  /**
   * How long a client may take for the handshake. `onUpgrade` and `origins` of a WebSocket service
   * may take as long again; then the client gets 503.
   *
   * @default {10000}
   */
  handshakeTimeout?: number;
  /**
   * The allowed origins, such as `"https://example.com"`, or a function that returns true (or a
   * promise of true) for allowed ones. Other origins get 403. A request without an origin does not
   * come from a browser and is accepted. If the function throws or does not return a boolean, Goer
   * reports the error and the client gets 500. By default, any page can connect: set this if you
   * identify users by cookies.
   *
   * @default {undefined}
   */
  origins?: string | readonly string[] | ((origin: string) => boolean | PromiseLike<boolean>);
  /**
   * The supported subprotocols. Goer chooses the first one in the client's list that is supported.
   * For `connect`: the subprotocols to offer.
   *
   * @default {[]}
   */
  subprotocols?: readonly string[];
  /**
   * permessage-deflate (RFC 7692) for clients that offer it.
   *
   * @default {false}
   */
  compression?: boolean | CompressionOptions;
  /**
   * For `connect`: header fields to send, such as `Origin` or `Authorization`.
   *
   * @default {{}}
   */
  headers?: Record<string, string>;
}
