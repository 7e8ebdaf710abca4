/**
 * The options of a service, their defaults and their bounds.
 *
 * @module
 */

import type { WebSocketHandlers } from "../protocols/websocket/mod.ts";
import { ADDRESSES_OR_OBJECT } from "./clients/addresses_option.ts";
import type { ClientOptions } from "./clients/policy.ts";
import type { Handlers } from "./connection/handlers.ts";
import { checkDrainOptions, type DrainOptions } from "./connection/departures.ts";
import type { BusOptions } from "./cluster/bus_options.ts";
import {
  type Bounds,
  checkNumber,
  checkNumbers,
  describeValue,
  invalidOption,
  MAX_DELAY,
  MAX_SIZE,
} from "./numbers.ts";
import {
  BOOLEAN,
  checkNestedOptions,
  checkOptions,
  FUNCTION,
  hasMethods,
  isObject,
  NUMBER,
  OBJECT,
  type OptionSet,
  type OptionType,
  SWITCH,
  TEXT,
} from "./option_types.ts";
import type { Logger } from "./log_record.ts";
import type { Connection } from "./protocol/connection.ts";
import { PROCESS_OPTION_TYPES, type ProcessOptions } from "./process_options.ts";
import type { TlsIdentity, TlsTrust } from "./runtime/runtime.ts";
import { AUTHORITIES, checkPair } from "./tls_options.ts";

/**
 * The limits of a service. Times are whole ms up to 2,147,483,647 (about 24 days), sizes whole bytes up to
 * the same number, and counts whole numbers. All are from 1, or from 0 where 0 has a meaning.
 */
export interface Limits {
  /**
   * The largest packet, in bytes; checked before it is buffered. This limits the memory that one
   * peer can use.
   *
   * @default {10485760}
   */
  maxPacketSize?: number;
  /**
   * How many bytes can be queued for a peer that reads too slowly. Then `send` returns `"full"`,
   * and Goer stops reading from the peer until it has read them. One message may exceed the limit.
   * What you connect to is still read, unless handlers have filled the queue.
   *
   * @default {1048576}
   */
  maxSendBufferSize?: number;
  /**
   * How many connections may be open at the same time in a process. Further ones are closed
   * immediately. This limits the memory that all peers together can use.
   *
   * @default {65536}
   */
  maxConnections?: number;
  /**
   * How many handlers may be pending (have returned a promise that has not settled) at the same
   * time in a process. Further messages wait in their connections. 0 means no limit on streams,
   * where each connection has at most one pending handler, and 1,024 on datagrams.
   *
   * @default {0}
   */
  maxConcurrentHandlers?: number;
  /**
   * Closes a connection after this time without a byte received or sent, in ms, accurate to a
   * quarter. 0 means never. The default is long enough for any active protocol, and ends the
   * connections of peers that vanished.
   *
   * @default {3600000}
   */
  idleTimeout?: number;
  /**
   * The maximum age of a connection, in ms, give or take 10 %. Then it is closed as in a reload:
   * WebSocket with 1012, HTTP after its response. So clients are distributed over new workers and
   * machines. 0 means no limit.
   *
   * @default {0}
   */
  maxConnectionAge?: number;
  /**
   * How long a closing connection waits for its peer to read the rest and end its side, without
   * progress, in ms. Then it is cut. While bytes are queued for the peer, the time is five times as
   * long, because the system seldom shows that a slow peer still reads.
   *
   * @default {2000}
   */
  lingerTimeout?: number;
  /**
   * How many connections can wait to be accepted: a burst of this many clients is not delayed. The
   * system may allow fewer (`net.core.somaxconn`).
   *
   * @default {4096}
   */
  backlog?: number;
}

/** The defaults of {@linkcode Limits}. */
export const DEFAULT_LIMITS: Readonly<Required<Limits>> = {
  maxPacketSize: 10_485_760,
  maxSendBufferSize: 1_048_576,
  maxConnections: 65_536,
  maxConcurrentHandlers: 0,
  idleTimeout: 3_600_000,
  maxConnectionAge: 0,
  lingerTimeout: 2_000,
  backlog: 4_096,
};

const BOUNDS: Readonly<Record<keyof Limits, Bounds>> = {
  maxPacketSize: [1, MAX_SIZE],
  maxSendBufferSize: [1, MAX_SIZE],
  maxConnections: [1, Number.MAX_SAFE_INTEGER],
  maxConcurrentHandlers: [0, Number.MAX_SAFE_INTEGER],
  idleTimeout: [0, MAX_DELAY],
  maxConnectionAge: [0, MAX_DELAY],
  lingerTimeout: [1, MAX_DELAY],
  backlog: [1, MAX_SIZE],
};

/**
 * The options of a service: handlers, limits and the initial state of connections.
 *
 * @typeParam In What `onMessage` receives.
 * @typeParam Out What {@linkcode Connection.send} takes.
 * @typeParam State The type of {@linkcode Connection.state}.
 * @typeParam Peer The type of connections: some protocols have one of their own.
 */
export interface ServiceOptions<In, Out, State = unknown, Peer = Connection<Out, State>>
  extends Limits, ClientOptions, ProcessOptions, BusOptions, Handlers<In, Out, State, Peer> {
  /**
   * The name in `status` and logs.
   * Default: the address.
   */
  name?: string;
  /**
   * True if a connection stays open when its peer has ended its side, until you call `end()` or
   * `close()`. Streams only, not for HTTP and WebSocket.
   *
   * @default {false}
   */
  allowHalfOpen?: boolean;
  /**
   * Receives what Goer logs about this service: errors of its handlers, protocol and timers. Default:
   * they are written to the console, which is the log of a worker.
   */
  logger?: Logger;
  /** Returns the initial {@linkcode Connection.state}. Default: `undefined`. */
  state?: () => State;
  /** How connections are closed during a reload or stop. Streams only. */
  drain?: DrainOptions;
  /** The certificate of a `tls`, `https` or `wss` address. */
  tls?: TlsIdentity;
  /**
   * Workerman's name for `maxPacketSize`.
   *
   * @deprecated Use {@linkcode Limits.maxPacketSize}.
   */
  maxPackageSize?: number;
}

/** Described in `src/cluster/drivers/bus.ts`. */
const BUS: OptionType = [
  "an address or a Bus",
  (value) =>
    typeof value === "string" ||
    hasMethods(value, "open", "publish", "subscribe", "unsubscribe", "close"),
];

const PROTOCOL: OptionType = [
  "a protocol: an object with a name and the functions input, decode and encode, or open " +
  '(for example text from import { text } from "@goer/goer")',
  isProtocol,
];

function isProtocol(value: unknown): boolean {
  const isNamed = isObject(value) && typeof (value as { name?: unknown }).name === "string";
  return isNamed && (hasMethods(value, "open") || hasMethods(value, "input", "decode", "encode"));
}

/** The types of all options that a service takes. */
export const SERVICE_OPTION_TYPES: Readonly<
  Record<
    | keyof ServiceOptions<never, never>
    | keyof WebSocketHandlers
    | "fetch"
    | "overrideGlobals"
    | "protocol",
    OptionType
  >
> = {
  ...PROCESS_OPTION_TYPES,
  allowHalfOpen: BOOLEAN,
  backlog: NUMBER,
  bus: BUS,
  busPrefix: TEXT,
  busRequired: BOOLEAN,
  busTimeout: NUMBER,
  clientLimits: OBJECT,
  drain: OBJECT,
  fetch: [
    "a function, or an object with a function fetch",
    (value) => typeof value === "function" || hasMethods(value, "fetch"),
  ],
  idleTimeout: NUMBER,
  lingerTimeout: NUMBER,
  logger: FUNCTION,
  maxBusQueueSize: NUMBER,
  maxConcurrentHandlers: NUMBER,
  maxConnectionAge: NUMBER,
  maxConnections: NUMBER,
  maxGroupsPerConnection: NUMBER,
  maxPackageSize: NUMBER,
  maxPacketSize: NUMBER,
  maxSendBufferSize: NUMBER,
  maxSubscriptions: NUMBER,
  name: TEXT,
  onBufferDrain: FUNCTION,
  onBufferFull: FUNCTION,
  onBusError: FUNCTION,
  onClose: FUNCTION,
  onConnect: FUNCTION,
  onEnd: FUNCTION,
  onError: FUNCTION,
  onJoin: FUNCTION,
  onLeave: FUNCTION,
  onMessage: FUNCTION,
  onPong: FUNCTION,
  onUpgrade: FUNCTION,
  overrideGlobals: BOOLEAN,
  protocol: PROTOCOL,
  proxyProtocol: OBJECT,
  state: FUNCTION,
  tls: OBJECT,
  trustedProxies: ADDRESSES_OR_OBJECT,
};

/** Former names of options, and their new names. */
const RENAMED: Readonly<Record<string, string>> = {
  user: "runAs: { user }",
  group: "runAs: { group }",
};

/** The types of all options of a connection to another address. */
const CONNECT_TYPES: OptionSet["types"] = {
  allowHalfOpen: BOOLEAN,
  connectTimeout: NUMBER,
  idleTimeout: NUMBER,
  lingerTimeout: NUMBER,
  maxPackageSize: NUMBER,
  maxPacketSize: NUMBER,
  maxPendingRequests: NUMBER,
  maxSendBufferSize: NUMBER,
  onBufferDrain: FUNCTION,
  onBufferFull: FUNCTION,
  onClose: FUNCTION,
  onConnect: FUNCTION,
  onDisconnect: FUNCTION,
  onEnd: FUNCTION,
  onError: FUNCTION,
  onMessage: FUNCTION,
  onPong: FUNCTION,
  onReconnect: FUNCTION,
  protocol: PROTOCOL,
  proxy: TEXT,
  proxyHeader: OBJECT,
  reconnect: SWITCH,
  state: FUNCTION,
  tls: OBJECT,
};

/** The types of the options in `tls` of a connection to another address. */
const TRUST_TYPES: OptionSet["types"] = {
  ca: AUTHORITIES,
  cert: TEXT,
  key: TEXT,
  passphrase: TEXT,
  serverName: ["the name of the server", (value) => typeof value === "string" && value !== ""],
};

const CONNECT_HINT =
  ". Its options are handlers, limits of a connection, protocol, state, tls, proxy, proxyHeader, reconnect, connectTimeout and maxPendingRequests";

const HINT = ". Pass options of HTTP and WebSocket to createHttp and createWebSocket";

/**
 * Refuses unknown options and options of the wrong type.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if there is one.
 */
export function checkServiceOptions(options: unknown): void {
  checkOptions(options, {
    of: "a service",
    types: SERVICE_OPTION_TYPES,
    renamed: RENAMED,
    hint: HINT,
  });
  checkDrainOptions(options as { drain?: DrainOptions });
}

/** The same for a connection to another address. */
export function checkConnectOptions(options: unknown): void {
  const of = "connect";
  checkOptions(options, { of, types: CONNECT_TYPES, hint: CONNECT_HINT });
  checkNestedOptions(options as { tls?: object }, { tls: TRUST_TYPES }, { of });
  checkPair((options as { tls?: TlsTrust }).tls);
}

/** Refuses handlers that are not functions: they can be set after the service was created. */
export function checkHandlers(service: object): void {
  const handlers = Object.entries(service).filter(([name]) => /^on[A-Z]/.test(name));
  checkOptions(Object.fromEntries(handlers), { of: "a service", types: SERVICE_OPTION_TYPES });
}

/**
 * Fills in default limits.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if a limit is not a whole number within its bounds.
 */
export function resolveLimits(given: Limits & { maxPackageSize?: number }): Required<Limits> {
  const options = withoutAlias(given);
  checkNumbers(options, BOUNDS);
  const limits = { ...DEFAULT_LIMITS };
  for (const name of Object.keys(BOUNDS) as (keyof Limits)[]) {
    limits[name] = options[name] ?? limits[name];
  }
  return limits;
}

function withoutAlias({ maxPackageSize, ...options }: Parameters<typeof resolveLimits>[0]): Limits {
  if (maxPackageSize === undefined) return options;
  checkNumber("maxPackageSize", maxPackageSize, BOUNDS.maxPacketSize);
  const { maxPacketSize = maxPackageSize } = options;
  if (maxPacketSize !== maxPackageSize) {
    const same =
      `the same as maxPacketSize, ${maxPacketSize} (leave maxPackageSize out: it is deprecated)`;
    throw invalidOption("maxPackageSize", same, describeValue(maxPackageSize));
  }
  return { ...options, maxPacketSize };
}
