/**
 * Outgoing connections, with the same protocols and handlers as accepted ones.
 *
 * @module
 */

import type { WebSocketHandlers } from "../protocols/websocket/mod.ts";
import { parseAddress, type ParsedAddress } from "./address.ts";
import { checkNoTls, checkProtocolHandlers } from "./address_options.ts";
import { encodeProxyHeader, type ProxyHeaderOptions } from "./clients/proxy_header_option.ts";
import { ClientConnection, type ClientHandlers } from "./outgoing/client.ts";
import {
  type ReconnectOptions,
  type RequestOptions,
  resolveReconnect,
} from "./outgoing/options.ts";
import { parseProxy } from "./outgoing/proxy_option.ts";
import type { Handlers } from "./connection/handlers.ts";
import { GoerError } from "./errors.ts";
import { checkNumber, invalidOption, MAX_DELAY, MAX_SIZE } from "./numbers.ts";
import { checkConnectOptions, resolveLimits, type ServiceOptions } from "./options.ts";
import type { CloseStatus } from "./protocol/connection.ts";
import type { Protocol } from "./protocol/protocol.ts";
import type { TlsTrust } from "./runtime/runtime.ts";
import {
  type AnyProtocol,
  type ConnectionOf,
  loadProtocol,
  type MessageIn,
  type MessageOut,
  type ProtocolOf,
} from "./schemes.ts";

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
   * Sends a message and waits for its answer, in a protocol that answers in order: the next message
   * that arrives is the answer to the oldest request, and does not go to `onMessage`. So do not mix it
   * with `send` if the peer answers that, too. You can send
   * the next request before the answer has arrived (pipelining), and await a request in a handler.
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
  /** Which certificates to trust, for `tls` and `wss` addresses. */
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

/** The default of `connectTimeout`, in ms. */
const DEFAULT_CONNECT_TIMEOUT = 10_000;

/** The default of `maxPendingRequests`. */
const DEFAULT_PENDING_REQUESTS = 10_000;

/**
 * Connects to `address` and uses its protocol, with the same handlers as a service.
 *
 * @param address As for a service, with host and port; `ws://` and `wss://` may have a path and a
 * query, and need no port.
 * @param options Handlers, limits, the protocol.
 * @returns The connection, once it is ready: after `onConnect`.
 * @throws {GoerError} `GOER_CONNECT_FAILED` if connecting fails; `GOER_INVALID_ARGUMENT` if the
 * address is not valid.
 *
 * @example A client of an echo of lines
 * ```ts
 * import { connect, Goer, text } from "@goer/goer";
 *
 * const goer = new Goer("text://127.0.0.1:0");
 * goer.onMessage = (connection, line) => connection.send(line);
 * await using service = await goer.listen();
 *
 * const echoed = Promise.withResolvers<string>();
 * const connection = await connect(service.address, {
 *   protocol: text, // The type of the address is string here, and names none.
 *   onMessage: (_, line) => echoed.resolve(line),
 * });
 * connection.send("hello");
 * console.log(await echoed.promise);
 * connection.close();
 * ```
 */
export async function connect<
  Address extends string,
  Kind extends AnyProtocol = ProtocolOf<Address>,
  State = unknown,
>(
  address: Address,
  options: ConnectOptions<Kind, State> = {},
): Promise<ClientOf<Kind, State>> {
  checkConnectOptions(options);
  checkNumber("connectTimeout", options.connectTimeout, [1, MAX_DELAY]);
  checkNumber("maxPendingRequests", options.maxPendingRequests, [1, MAX_SIZE]);
  const reconnect = resolveReconnect(options.reconnect);
  checkReconnectHandlers(options, reconnect !== undefined);
  const limits = resolveLimits(options);
  const parsed = parseTarget(address);
  if (parsed.transport === "udp") {
    throw new GoerError(
      "GOER_NOT_SUPPORTED",
      `Cannot connect to ${address}: udp has no connections`,
    );
  }
  checkNoTls(options.tls, address, parsed.transport);
  const spoken = options.protocol ?? await loadProtocol(parsed.protocol);
  checkProtocolHandlers(options, spoken.name);
  const client = new ClientConnection({
    target: {
      address,
      parsed,
      protocol: clientSide(spoken as Protocol<unknown>, address),
      limits,
      allowHalfOpen: options.allowHalfOpen,
      timeout: options.connectTimeout ?? DEFAULT_CONNECT_TIMEOUT,
      tls: options.tls,
      proxy: options.proxy === undefined ? undefined : parseProxy(options.proxy, parsed.endpoint),
      preface: options.proxyHeader && encodeProxyHeader(options.proxyHeader),
    },
    handlers: options as ClientHandlers,
    state: options.state,
    maxPendingRequests: options.maxPendingRequests ?? DEFAULT_PENDING_REQUESTS,
    reconnect,
  });
  await client.connect();
  return client as unknown as ClientOf<Kind, State>;
}

/** Refuses handlers that are only called with `reconnect`. */
function checkReconnectHandlers(
  options: { readonly [Name in "onDisconnect" | "onReconnect"]?: unknown },
  reconnects: boolean,
): void {
  if (reconnects) return;
  for (const name of ["onDisconnect", "onReconnect"] as const) {
    if (options[name] === undefined) continue;
    throw invalidOption(name, "the option reconnect beside it", "a handler that is never called");
  }
}

/** Parses an address. WebSocket addresses are URLs. */
function parseTarget(address: string): ParsedAddress {
  const match = /^(ws|wss|websocket):\/\/(\[[^\]]*\]|[^:/?#]*)(:\d+)?([/?].*)?$/i.exec(address);
  if (match === null) return parseAddress(address);
  const [, scheme, host, port] = match;
  const defaultPort = scheme.toLowerCase() === "wss" ? ":443" : ":80";
  return parseAddress(`${scheme}://${host}${port ?? defaultPort}`);
}

/** The client side of a protocol. */
function clientSide(protocol: Protocol<unknown>, address: string): Protocol<unknown> {
  if (protocol.name === "http") {
    const message = `Cannot connect to ${address}: Goer has no HTTP client, use fetch instead`;
    throw new GoerError("GOER_NOT_SUPPORTED", message);
  }
  if (!("connect" in protocol) || protocol.connect === undefined) return protocol;
  const { name } = protocol;
  return { name, open: (context) => protocol.connect!(context, address) };
}
