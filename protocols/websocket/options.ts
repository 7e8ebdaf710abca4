/**
 * What a WebSocket service can be told.
 *
 * @module
 */

import type { WebSocketConnection } from "./connection.ts";
import type { CompressionOptions } from "./extension.ts";

/** A client's request to speak WebSocket. */
export interface UpgradeRequest {
  /** The method: `"GET"`. */
  readonly method: string;
  /** The request target: `"/chat?room=1"`. */
  readonly target: string;
  /** The header fields: `get` takes the name in any case. */
  readonly headers: { get(name: string): string | null | undefined };
}

/** What {@linkcode WebSocketOptions.onUpgrade} may decide: a plain object with these fields only. */
export interface UpgradeDecision {
  /** A status from 300 to 599 refuses the request; 101, or none, accepts it. */
  status?: number;
  /** Header fields for the answer, whichever it is, but for those of the handshake itself. */
  headers?: Record<string, string>;
  /** The text that goes with a refusal: only there. */
  body?: string;
  /** The subprotocol to speak: one that the client has offered, or `""` for none. */
  subprotocol?: string;
}

/**
 * The handlers that only WebSocket has. They are options and properties of a service, as all handlers
 * are; given to `createWebSocket`, they hold for services that have none of their own.
 *
 * @typeParam State What the application keeps in {@linkcode Connection.state}.
 */
export interface WebSocketHandlers<State = unknown> {
  /**
   * Looks at each request that is otherwise in order, and may refuse it or add to the answer. Where it
   * throws, or returns anything but nothing, an {@linkcode UpgradeDecision} or a promise of these,
   * the error is reported and the client gets 500. For a client that leaves before the decision,
   * `onConnect` is not called.
   *
   * @param request The request.
   * @param connection The connection, to keep in its `state` who it is.
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
 * Options of a WebSocket service. Durations are whole ms up to 2,147,483,647 (about 24 days), sizes whole
 * bytes; both are from 1, but for `pingInterval`.
 */
export interface WebSocketOptions extends WebSocketHandlers {
  /**
   * The largest message to accept; the peer of a larger one is closed with 1009 before it is
   * buffered.
   *
   * @default {the service's maxPacketSize (10 MiB)}
   */
  maxMessageSize?: number;
  /**
   * A peer that was silent for so long is pinged; 0 never pings.
   *
   * @default {30000}
   */
  pingInterval?: number;
  /**
   * A peer that is silent for so long after a ping is dropped. One that takes bytes which wait for it is
   * alive, if it takes some within 60 s.
   *
   * @default {10000}
   */
  pongTimeout?: number;
  /**
   * How long a message may take, from its first byte to its last. After that the connection is closed
   * with 1008. Time in which this end does not read does not count. A message of 10 MiB takes the default
   * at 35 KiB/s.
   *
   * @default {300000}
   */
  messageTimeout?: number;
  /**
   * How long the peer may take to answer this end's close frame, from when that has left.
   *
   * @default {2000}
   */
  closeTimeout?: number;
  /**
   * How long a client may take over the handshake.
   *
   * @default {10000}
   */
  handshakeTimeout?: number;
  /**
   * The pages that may connect, as browsers name them (`"https://example.com"`), compared whole; or a
   * function that returns true for those, or a promise of that. A request of another origin gets 403;
   * one without an origin comes from no browser, and is accepted. Where the function throws or
   * returns anything but true and false, the error is reported and the client gets 500. By default any
   * page may connect: set this where cookies say who the user is.
   *
   * @default {undefined}
   */
  origins?: string | readonly string[] | ((origin: string) => boolean | PromiseLike<boolean>);
  /**
   * The subprotocols that the service speaks. The first one of the client's that is among them is
   * chosen. At the end that connects: those to offer.
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
   * At the end that connects: header fields to send along, such as `Origin` or `Authorization`.
   *
   * @default {{}}
   */
  headers?: Record<string, string>;
}
