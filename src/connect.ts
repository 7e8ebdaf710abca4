/**
 * Outgoing connections, with the same protocols and handlers as accepted ones.
 *
 * @module
 */

import type { WebSocketHandlers } from "../protocols/websocket/mod.ts";
import { parseAddress, type ParsedAddress } from "./address.ts";
import { checkNoTls } from "./address_options.ts";
import { callApplication, reasonOf } from "./calls.ts";
import { ConcurrencyLimiter } from "./connection/concurrency_limiter.ts";
import type { Handlers } from "./connection/handlers.ts";
import { type Service, Statistics } from "./connection/service.ts";
import { StreamConnection } from "./connection/stream.ts";
import { GoerError } from "./errors.ts";
import { checkNumber, MAX_DELAY } from "./numbers.ts";
import { checkConnectOptions, resolveLimits, type ServiceOptions } from "./options.ts";
import { runtime } from "./runtime/mod.ts";
import type { StreamSocket, TlsTrust } from "./runtime/runtime.ts";
import { timers } from "./timer/timers.ts";
import {
  type AnyProtocol,
  type ConnectionOf,
  loadProtocol,
  type MessageIn,
  type MessageOut,
  type ProtocolOf,
} from "./schemes.ts";
import type { Protocol } from "./protocol/protocol.ts";

/**
 * The options of {@linkcode connect}: the handlers and limits of a service.
 *
 * @typeParam Kind The protocol.
 * @typeParam State The type of {@linkcode Connection.state}.
 */
export interface ConnectOptions<Kind extends AnyProtocol = AnyProtocol, State = unknown>
  extends
    Handlers<MessageIn<Kind>, MessageOut<Kind>, State, ConnectionOf<Kind, State>>,
    Pick<
      ServiceOptions<never, never, State>,
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
  /** Which certificates to trust, for `tls`, `https` and `wss` addresses. */
  tls?: TlsTrust;
}

/** The default of `connectTimeout`, in ms. */
const DEFAULT_CONNECT_TIMEOUT = 10_000;

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
): Promise<ConnectionOf<Kind, State>> {
  checkConnectOptions(options);
  checkNumber("connectTimeout", options.connectTimeout, [1, MAX_DELAY]);
  const parsed = parseTarget(address);
  if (parsed.transport === "udp") {
    throw new GoerError(
      "GOER_NOT_SUPPORTED",
      `Cannot connect to ${address}: udp has no connections`,
    );
  }
  checkNoTls(options.tls, address, parsed.transport);
  const spoken = options.protocol ?? await loadProtocol(parsed.protocol);
  const attempt = new Attempt(address, options as unknown as ConnectOptions);
  const { connectTimeout = DEFAULT_CONNECT_TIMEOUT } = options;
  const controller = new AbortController();
  const abort = () => controller.abort(new Error(`No answer within ${connectTimeout} ms`));
  const deadline = timers.after(connectTimeout, abort, { ref: false });
  try {
    const { signal } = controller;
    const tls = parsed.transport === "tls" ? options.tls ?? {} : undefined;
    const socket = await runtime.connect({ endpoint: parsed.endpoint, tls, signal });
    const connection = attempt.begin(
      socket,
      clientSide(spoken as Protocol<unknown>, address),
      parsed,
    );
    await attempt.ready(signal);
    return connection as unknown as ConnectionOf<Kind, State>;
  } finally {
    deadline.cancel();
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
  if (!("connect" in protocol) || protocol.connect === undefined) return protocol;
  const { name } = protocol;
  return { name, open: (context) => protocol.connect!(context, address) };
}

/** A connection from the start until it is ready or has failed. */
class Attempt {
  readonly #address: string;
  readonly #options: ConnectOptions;
  readonly #settled: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: Error) => void;
  #connection: StreamConnection | undefined;
  #ready = false;
  #error: Error | undefined;

  constructor(address: string, options: ConnectOptions) {
    this.#address = address;
    this.#options = options;
    this.#settled = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Uses `protocol` on `socket`. */
  begin(
    socket: StreamSocket,
    protocol: Protocol<unknown>,
    { transport }: ParsedAddress,
  ): StreamConnection {
    const service: Service = {
      protocol,
      handlers: this.#handlers(),
      limits: resolveLimits(this.#options),
      limiter: new ConcurrencyLimiter(Infinity),
      statistics: new Statistics(),
      forget: () => this.#forgotten(),
    };
    try {
      const connection = this.#connection = new StreamConnection(socket, transport, service);
      const { state } = this.#options;
      const failed = (thrown: unknown) => connection.handlerFailed("state", thrown);
      if (state !== undefined) callApplication(() => connection.state = state(), failed);
      socket.start(connection);
      return connection;
    } catch (cause) {
      socket.destroy();
      throw new GoerError(
        "GOER_CONNECT_FAILED",
        `Cannot connect to ${this.#address}: ${reasonOf(cause)}`,
        { cause },
      );
    }
  }

  /** Settles once the connection is ready, or has failed. */
  async ready(signal: AbortSignal): Promise<void> {
    const abort = () => {
      this.#error = signal.reason;
      this.#connection!.destroy();
    };
    signal.addEventListener("abort", abort);
    try {
      await this.#settled;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** The application's handlers. Before the connection is ready, errors go to the caller. */
  #handlers(): Handlers<unknown, unknown> {
    const { onConnect, onError } = this.#options;
    return {
      ...this.#options,
      onConnect: (connection) => {
        this.#ready = true;
        this.#resolve();
        return onConnect?.(connection);
      },
      onError: (connection, error) => {
        if (!this.#ready) return void (this.#error ??= error);
        return onError?.(connection, error);
      },
    };
  }

  #forgotten(): void {
    if (this.#ready) return;
    const cause = this.#error;
    const reason = cause?.message ?? "the peer closed the connection";
    this.#reject(
      new GoerError("GOER_CONNECT_FAILED", `Cannot connect to ${this.#address}: ${reason}`, {
        cause,
      }),
    );
  }
}
