/**
 * A service: an address, a protocol and a few handlers.
 *
 * @module
 */

import { formatAddress, parseAddress, type ParsedAddress } from "./address.ts";
import {
  checkProtocolHandlers,
  checkProtocolOptions,
  checkStreamOptions,
  checkTls,
} from "./address_options.ts";
import { ClientPolicy } from "./clients/policy.ts";
import { ConcurrencyLimiter, maxPendingHandlers } from "./connection/concurrency_limiter.ts";
import type { Handlers } from "./connection/handlers.ts";
import { AgingRegistry } from "./connection/aging_registry.ts";
import { leave } from "./connection/leave.ts";
import { ConnectionRegistry } from "./connection/registry.ts";
import { type Service, Statistics } from "./connection/service.ts";
import type { StreamConnection } from "./connection/stream.ts";
import type { Connection } from "./protocol/connection.ts";
import { logFault } from "./calls.ts";
import { GoerError } from "./errors.ts";
import { checkBusOptions } from "./cluster/bus_options.ts";
import { Clustered, serviceGroups } from "./cluster/clustered.ts";
import type { AppService } from "./entry.ts";
import { CHANGE_GOER, refuseOverride } from "./listen_override.ts";
import { checkNoAddress, checkNoHandlers, serveWithoutAddress } from "./no_address.ts";
import { checkListenOptions, type ListenOptions, Server } from "./server.ts";
import { invalidOption } from "./numbers.ts";
import {
  checkHandlers,
  checkServiceOptions,
  type Limits,
  resolveLimits,
  type ServiceOptions,
} from "./options.ts";
import { checkProcessOptions, type ProcessOptions } from "./process_options.ts";
import {
  type AnyProtocol,
  type ConnectionOf,
  loadProtocol,
  type MessageIn,
  type MessageOut,
  type ProtocolOf,
} from "./schemes.ts";
import type { FetchApp, FetchHandler } from "../protocols/http/mod.ts";
import type { WebSocketHandlers } from "../protocols/websocket/mod.ts";
import type { Protocol } from "./protocol/protocol.ts";
import { startInfo } from "./start_info.ts";
import { checkTlsOptions } from "./tls_options.ts";
import { TimingWheel } from "./timer/timers.ts";
import { openDatagramTransport } from "./transport/datagram_transport.ts";
import { openStreamTransport } from "./transport/stream_transport.ts";
import type { OpenTransport } from "./transport/transport.ts";

/**
 * The options of a {@linkcode Goer}.
 *
 * @typeParam Kind The protocol.
 * @typeParam State The type of {@linkcode Connection.state}.
 */
export interface GoerOptions<Kind extends AnyProtocol = AnyProtocol, State = unknown>
  extends
    ServiceOptions<MessageIn<Kind>, MessageOut<Kind>, State, ConnectionOf<Kind, State>>,
    WebSocketHandlers<State> {
  /** The protocol. Default: the one in the address. */
  protocol?: Kind;
  /**
   * HTTP: a function that takes a `Request` and returns a `Response`, or an app with such a
   * function, such as a Hono app. It replaces `onMessage`: a service has one of them.
   */
  fetch?: FetchHandler | FetchApp;
  /**
   * HTTP: replaces the globals `Request`, `Response` and `fetch` of this process with faster ones.
   * Set it to `false` if a library requires the runtime's own. Default: `true` for a service with
   * `fetch` in a worker process, otherwise `false`.
   */
  overrideGlobals?: boolean;
}

/**
 * The handlers of a service.
 *
 * @typeParam Kind The protocol.
 * @typeParam State The type of {@linkcode Connection.state}.
 */
export type ServiceHandlers<Kind, State = unknown> = Handlers<
  MessageIn<Kind>,
  MessageOut<Kind>,
  State,
  ConnectionOf<Kind, State>
>;

/**
 * A service: an address, a protocol and a few handlers. The scheme of the address names transport
 * and protocol. Changing `tcp://` to `unix://` or `tls://` changes nothing else. UDP has no
 * connections, so it has no `onConnect`, `onClose` or idle timeout.
 *
 * An address is `scheme://host:port`, or `scheme:///path` of a Unix socket. The default host is
 * 127.0.0.1. Port 0 chooses a free port. Schemes are `tcp`, `udp`, `unix`, `tls`, `text`, `frame`,
 * `http`, `https`, `websocket` (`ws`) and `wss`, and a protocol with a transport, as in `text+udp`.
 *
 * A service without an address has `null` as its address, and a `name`. It serves no connections: it
 * consumes a queue or runs jobs by the clock, in workers of its own. Other services reach it by its
 * topics.
 *
 * @typeParam Address The address, whose scheme decides the type of messages.
 * @typeParam Kind The protocol.
 * @typeParam State The type of {@linkcode Connection.state}.
 *
 * @example An echo of lines
 * ```ts
 * import { Goer } from "@goer/goer";
 *
 * const goer = new Goer("text://127.0.0.1:0");
 * goer.onMessage = (connection, line) => connection.send(line);
 * await using service = await goer.listen();
 * console.log(service.address);
 * ```
 */
export class Goer<
  Address extends string = string,
  Kind extends AnyProtocol = ProtocolOf<Address>,
  State = unknown,
> extends Clustered<MessageOut<Kind>> implements ServiceHandlers<Kind, State> {
  /** The address; empty for a service without one. */
  readonly address: string;
  /** The name in `status` and logs. */
  readonly name: string;
  /** The options. */
  readonly options: GoerOptions<Kind, State>;
  /** A peer has connected. Streams only. */
  onConnect?: ServiceHandlers<Kind, State>["onConnect"];
  /** A message has arrived. */
  onMessage?: ServiceHandlers<Kind, State>["onMessage"];
  /** The peer has ended its side, and all its messages have been handled. Streams only. */
  onEnd?: ServiceHandlers<Kind, State>["onEnd"];
  /** A connection has ended. Streams only. */
  onClose?: ServiceHandlers<Kind, State>["onClose"];
  /** An error on a connection. */
  onError?: ServiceHandlers<Kind, State>["onError"];
  /** `maxSendBufferSize` bytes are queued for a peer. */
  onBufferFull?: ServiceHandlers<Kind, State>["onBufferFull"];
  /** The send buffer is empty again after it was full. */
  onBufferDrain?: ServiceHandlers<Kind, State>["onBufferDrain"];
  /** WebSocket: a client requests an upgrade. The handler can refuse it. */
  onUpgrade?: WebSocketHandlers<State>["onUpgrade"];
  /** WebSocket: a pong has arrived. */
  onPong?: WebSocketHandlers<State>["onPong"];

  /** A worker starts. It serves when the returned promise has settled. */
  onWorkerStart?: ProcessOptions["onWorkerStart"];
  /** A worker is about to end, after its last connection. It waits for the returned promise. */
  onWorkerStop?: ProcessOptions["onWorkerStop"];
  /** A reload has replaced this worker. It now finishes its open connections. */
  onReload?: ProcessOptions["onReload"];

  /** How many services of this process have never listened. */
  static #unserved = 0;

  #timers: TimingWheel | undefined;
  /** The `onMessage` that calls `fetch`, once it listens. */
  #fetchHandler: typeof this.onMessage;
  /** True if it has listened before. */
  #served = false;
  /** How many servers are listening. */
  #listening = 0;
  /** Undefined for a service without an address. */
  readonly #parsed: ParsedAddress | undefined;
  readonly #limits: Required<Limits>;
  readonly #clients: ClientPolicy;

  /**
   * Creates a service. It serves when you call {@linkcode Goer.listen} or {@linkcode runAll}.
   *
   * @param address Where to listen; `null` for a service without an address.
   * @param options Handlers, limits, the protocol.
   * @throws {GoerError} `GOER_INVALID_ARGUMENT` if the address or an option is not valid.
   */
  constructor(address: Address | null, options: GoerOptions<Kind, State> = {}) {
    checkServiceOptions(options);
    checkBusOptions(options);
    super(address ?? "", options);
    this.#limits = resolveLimits(options);
    this.#clients = new ClientPolicy(options);
    checkProcessOptions(options);
    if (address === null) checkNoAddress(options);
    else {
      this.#parsed = parseAddress(address);
      checkTls(options.tls, address, this.#parsed);
      checkStreamOptions(options, this.#parsed);
      checkTlsOptions(options.tls);
    }
    this.address = address ?? "";
    this.name = options.name ?? this.address;
    this.options = options;
    this.onConnect = options.onConnect;
    this.onMessage = options.onMessage;
    this.onEnd = options.onEnd;
    this.onClose = options.onClose;
    this.onError = options.onError;
    this.onBufferFull = options.onBufferFull;
    this.onBufferDrain = options.onBufferDrain;
    this.onUpgrade = options.onUpgrade;
    this.onPong = options.onPong;
    this.onWorkerStart = options.onWorkerStart;
    this.onWorkerStop = options.onWorkerStop;
    this.onReload = options.onReload;
    Goer.#unserved++;
  }

  /**
   * The timers of this service: its own wheel, created on first use. It closes with the service,
   * after the last connection has ended. Pending timers then never fire, and setting a new one
   * throws `GOER_TIMERS_CLOSED`. A service that listens again has a new wheel.
   *
   * @example Connections that have to send their name within 10 s
   * ```ts
   * import { Goer } from "@goer/goer";
   * import type { Timer } from "@goer/goer";
   *
   * const goer = new Goer("text://127.0.0.1:0");
   * const waiting = new Map<number, Timer>();
   * goer.onConnect = (connection) => {
   *   waiting.set(connection.id, goer.timers.after(10_000, () => connection.close("too late")));
   * };
   * goer.onMessage = (connection) => void waiting.get(connection.id)?.cancel();
   * goer.onClose = (connection) => {
   *   waiting.get(connection.id)?.cancel();
   *   waiting.delete(connection.id);
   * };
   * ```
   */
  get timers(): TimingWheel {
    const { name, options: { logger } } = this;
    return this.#timers ??= new TimingWheel({
      onError: (error) => logFault(error, { name, logger }),
    });
  }

  /**
   * Same as {@linkcode runAll} with only this service.
   *
   * @throws {GoerError} `GOER_INVALID_ARGUMENT` if this program has created other services, which
   * would not run. Pass all of them to {@linkcode runAll}.
   */
  async runAll(): Promise<void> {
    if (Goer.#unserved > 1) {
      throw new GoerError(
        "GOER_INVALID_ARGUMENT",
        `Cannot run one of ${Goer.#unserved} services: pass all of them to runAll(first, second), the function that ` +
          "@goer/goer exports",
      );
    }
    const { runServices } = await import("./entry.ts");
    await runServices(() => {
      refuseOverride(CHANGE_GOER);
      return [this as unknown as AppService];
    });
  }

  /**
   * Listens in this process. A service without an address starts its timers and topics.
   *
   * @param options For inherited or shared sockets.
   * @returns The server.
   * @throws {GoerError} If the address cannot be opened: `GOER_ADDRESS_IN_USE`,
   * `GOER_PERMISSION_DENIED`, `GOER_LISTEN_FAILED`.
   */
  async listen(
    options: ListenOptions = {},
  ): Promise<Server<MessageOut<Kind>, State, ConnectionOf<Kind, State>>> {
    checkListenOptions(options);
    checkHandlers(this);
    if (!this.#served) Goer.#unserved--;
    this.#served = true;
    const parsed = this.#parsed;
    const server = parsed === undefined
      ? await this.#serveWithoutAddress(options)
      : await this.#listen(parsed, options);
    this.#listening++;
    if (this.#timers?.closed) this.#timers = undefined;
    return server as Server<MessageOut<Kind>, State, ConnectionOf<Kind, State>>;
  }

  #serveWithoutAddress(options: ListenOptions): Promise<Server> {
    checkNoHandlers(this);
    return serveWithoutAddress({
      name: this.name,
      groups: serviceGroups(this as Clustered<never>),
      timers: () => this.timers,
      released: (registry) => this.#released(registry),
    }, options);
  }

  async #listen(parsed: ParsedAddress, options: ListenOptions): Promise<Server> {
    checkStreamOptions(this, parsed);
    const protocol = this.options.protocol ?? await loadProtocol(parsed.protocol);
    const { allowHalfOpen, logger } = this.options;
    checkProtocolHandlers({ ...this, allowHalfOpen }, protocol.name);
    checkProtocolOptions(this.options, protocol.name);
    await this.#useFetch(protocol.name);
    const { maxConnectionAge: age } = this.#limits;
    const registry: ConnectionRegistry<StreamConnection> = age > 0
      ? new AgingRegistry(age, leave)
      : new ConnectionRegistry();
    const groups = serviceGroups(this as Clustered<never>);
    let server: Server | undefined;
    const service: Service = {
      name: this.name,
      logger,
      protocol: protocol as Protocol<unknown, unknown>,
      handlers: this as unknown as Handlers<unknown, unknown>,
      limits: this.#limits,
      limiter: new ConcurrencyLimiter(maxPendingHandlers(this.#limits, parsed)),
      statistics: new Statistics(),
      allowHalfOpen,
      background: groups.background,
      clients: this.#clients,
      groups: parsed.transport === "udp" ? undefined : groups,
      forget(connection: Connection): void {
        registry.delete(connection as StreamConnection);
        server?.forgot();
      },
    };
    await groups.serve(registry);
    try {
      await options.beforeOpen?.();
      const transport = await this.#open(parsed, service, registry, options);
      const released = () => this.#released(registry);
      return server = new Server({
        address: formatAddress(parsed, transport.endpoint),
        transport,
        registry,
        statistics: service.statistics,
        background: groups.background,
        drain: this.options.drain,
        released,
      });
    } catch (error) {
      await groups.unserve(registry);
      throw error;
    }
  }

  async #released(registry: ConnectionRegistry<StreamConnection>): Promise<void> {
    if (--this.#listening === 0) this.timers.close();
    await serviceGroups(this as Clustered<never>).unserve(registry);
  }

  /** HTTP has one handler for requests: `fetch` or `onMessage`. */
  async #useFetch(protocol: string): Promise<void> {
    const { fetch } = this.options;
    if (fetch === undefined) {
      if (protocol !== "http" || this.onMessage !== undefined) return;
      throw invalidOption("onMessage", "a handler of requests, onMessage or fetch", "neither");
    }
    if (protocol !== "http") {
      throw invalidOption("fetch", "an http service", `a ${protocol} service`);
    }
    if (this.onMessage !== this.#fetchHandler) {
      throw invalidOption("fetch", "no onMessage beside it: only one can respond", "both");
    }
    const { fetchHandler } = await import("../protocols/http/mod.ts");
    if (this.options.overrideGlobals ?? startInfo().role === "worker") {
      const { overrideGlobals } = await import("../protocols/http/web/globals.ts");
      overrideGlobals();
    }
    this.#fetchHandler = fetchHandler(fetch) as unknown as typeof this.onMessage;
    this.onMessage = this.#fetchHandler;
  }

  #open(
    parsed: ParsedAddress,
    service: Service,
    registry: ConnectionRegistry<StreamConnection>,
    options: ListenOptions,
  ): Promise<OpenTransport> {
    const { options: given } = this;
    const prepare = given.state === undefined
      ? undefined
      : (connection: Connection): unknown => connection.state = given.state?.();
    if (parsed.transport === "udp") {
      return openDatagramTransport(parsed, { ...options, service, prepare });
    }
    const { maxConnections, backlog } = this.#limits;
    const { tls } = this.options;
    return openStreamTransport(parsed, {
      ...options,
      service,
      registry,
      maxConnections,
      backlog,
      tls,
      prepare,
    });
  }
}
