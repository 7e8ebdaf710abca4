/**
 * The options of outgoing connections, and what such a connection has beside the members of every
 * connection.
 *
 * @module
 */

import type { WebSocketHandlers } from "../protocols/websocket/mod.ts";
import type { ProxyHeaderOptions } from "./clients/proxy_header_option.ts";
import type { Handlers } from "./connection/handlers.ts";
import type { ServiceOptions } from "./options.ts";
import type { ReconnectOptions, RequestOptions } from "./outgoing/options.ts";
import type { CloseStatus } from "./protocol/connection.ts";
import type { TlsTrust } from "./runtime/runtime.ts";
import type { AnyProtocol, ConnectionOf, MessageIn, MessageOut } from "./schemes.ts";

export type { ProxyHeaderOptions, ReconnectOptions, RequestOptions };

/**
 * What a connection that you make has, beside the members of every connection.
 *
 * @typeParam In The messages that arrive.
 * @typeParam Out The messages that are sent.
 */
export interface Client<In, Out> {
  /**
   * False while a lost connection is not made again yet. Without `reconnect`, the same as
   * {@linkcode Connection.open}.
   */
  readonly connected: boolean;
  /**
   * How many requests have been sent and not been answered yet, including those that you have stopped
   * waiting for.
   */
  readonly pendingRequests: number;
  /**
   * Sends a message and waits for its answer, in a protocol that answers in order: the next message
   * that arrives is the answer to the oldest request, and does not go to `onMessage`. So do not mix it
   * with `send` if the peer answers that, too. You can send
   * the next request before the answer has arrived (pipelining), and await a request in a handler.
   * Over UDP answers can be lost: when you stop waiting for one, the next datagram counts as the
   * answer to the next request.
   *
   * The bytes of an answer are a copy. A protocol of your own must copy bytes inside its messages.
   *
   * @param message The request.
   * @param options How long to wait.
   * @returns The answer. If you stop waiting, the late answer is dropped.
   * @throws {GoerError} `GOER_TIMEOUT` if there is no answer in time, `GOER_CONNECTION` if the
   * connection ends before, `GOER_TOO_MANY` if too many requests or bytes wait.
   *
   * @example
   * ```ts
   * import { connect, Goer, text } from "@goer/goer";
   *
   * const goer = new Goer("text://127.0.0.1:0");
   * goer.onMessage = (connection, line) => connection.send(line.toUpperCase());
   * await using service = await goer.listen();
   *
   * const client = await connect(service.address, { protocol: text });
   * const answers = await Promise.all([client.request("one"), client.request("two")]);
   * if (answers.join() !== "ONE,TWO") throw new Error();
   * client.close();
   * ```
   */
  request(message: Out, options?: RequestOptions): Promise<In>;
}

/**
 * The connection that {@linkcode connect} returns.
 *
 * @typeParam Kind The protocol.
 * @typeParam State The type of {@linkcode Connection.state}.
 */
export type ClientOf<Kind, State = unknown> =
  & ConnectionOf<Kind, State>
  & Client<MessageIn<Kind>, MessageOut<Kind>>;

/**
 * The options of {@linkcode connect}: the handlers and limits of a service.
 *
 * @typeParam Kind The protocol.
 * @typeParam State The type of {@linkcode Connection.state}.
 */
export interface ConnectOptions<Kind extends AnyProtocol = AnyProtocol, State = unknown>
  extends
    Handlers<MessageIn<Kind>, MessageOut<Kind>, State, ClientOf<Kind, State>>,
    Pick<
      ServiceOptions<never, never, State>,
      | "allowHalfOpen"
      | "idleTimeout"
      | "lingerTimeout"
      | "maxPackageSize"
      | "maxPacketSize"
      | "maxSendBufferSize"
      | "state"
    >,
    Pick<WebSocketHandlers<State>, "onPong"> {
  /** The protocol. Default: the one in the address. */
  protocol?: Kind;
  /**
   * How long connecting may take, handshakes included, in ms, from 1 to 2,147,483,647 (about 24 days).
   *
   * @default {10000}
   */
  connectTimeout?: number;
  /** Which certificates to trust, and the one of this client, for `tls` and `wss` addresses. */
  tls?: TlsTrust;
  /**
   * Connects through a proxy: `"socks5://127.0.0.1:1080"` (SOCKS5) or `"http://127.0.0.1:3128"` (HTTP
   * with CONNECT), with `user:password@` before the host if necessary. The proxy resolves names, and
   * `remoteAddress` is its address. Not for Unix sockets. Default: none.
   */
  proxy?: string;
  /**
   * Sends a header of the PROXY protocol first, before the handshake of TLS, so that the peer learns
   * for whom you connect. A service of Goer reads it with `proxyProtocol`. Default: none.
   */
  proxyHeader?: ProxyHeaderOptions;
  /**
   * Connects again when the connection is lost, even if the peer ends it. The connection stays the
   * same object, with its state and handlers. Meanwhile messages are queued. The first attempt is
   * not repeated: `connect` then rejects. A connection that you close stays closed. `true` means all
   * defaults.
   *
   * @default {false}
   */
  reconnect?: ReconnectOptions | boolean;
  /**
   * How many requests can wait for their answers at the same time, from 1. This includes those that
   * have timed out, because their answers may still arrive. It limits the memory that a peer which
   * never answers can use.
   *
   * @default {10000}
   */
  maxPendingRequests?: number;
  /**
   * The connection was lost, and will be made again after a pause.
   *
   * @param error The reason, if the connection broke.
   * @param status How the peer closed: WebSocket only.
   */
  onDisconnect?: (
    connection: ClientOf<Kind, State>,
    error?: Error,
    status?: CloseStatus,
  ) => unknown;
  /**
   * The connection was made again. What you send here goes out before what is queued. If the handler
   * returns a promise, the queue waits for it.
   */
  onReconnect?: (connection: ClientOf<Kind, State>) => unknown;
}
