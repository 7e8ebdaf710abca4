/**
 * The option `clientLimits`.
 *
 * @module
 */

import { type Bounds, checkNumbers, invalidOption, MAX_SIZE } from "../numbers.ts";
import { checkOptions, choice, NUMBER, type OptionType } from "../option_types.ts";
import { ADDRESSES } from "./addresses_option.ts";

/**
 * What each client may do. Each IPv4 address or IPv6 /64 network counts as one client. The
 * limits apply in each worker by itself. All numbers are whole and from 1, and no limit is set by
 * default.
 */
export interface ClientLimitOptions {
  /**
   * How many connections a client may have open. Further ones are closed before TLS and the
   * protocol begin. Streams only.
   */
  maxConnections?: number;
  /**
   * How many connections a client may open per second, on average. Further ones are closed before
   * TLS and the protocol begin. Streams only.
   */
  connectionsPerSecond?: number;
  /**
   * How many connections a client may open at once, if it has opened none for a while. Default:
   * `connectionsPerSecond`.
   */
  connectionBurst?: number;
  /**
   * How many messages a client may send per second, on average: requests of HTTP, datagrams of UDP,
   * or what `onMessage` gets.
   */
  messagesPerSecond?: number;
  /**
   * How many messages a client may send at once, if it has sent none for a while. Default:
   * `messagesPerSecond`.
   */
  messageBurst?: number;
  /**
   * How many bytes a client may send per second, on average. With TLS, they are counted when they
   * are decrypted.
   */
  bytesPerSecond?: number;
  /**
   * How many bytes a client may send at once, if it has sent none for a while. Default:
   * `bytesPerSecond`.
   */
  byteBurst?: number;
  /**
   * What happens if a client sends too many messages or bytes:
   *
   * - `"delay"`: Goer does not read from the connection until the client may send again.
   * - `"reject"`: HTTP only. A request gets the response 429 with `Retry-After`, and bytes are
   *   delayed.
   * - `"close"`: the connection is closed, and `onError` gets `GOER_TOO_MANY`.
   *
   * Datagrams are dropped. Default: `"reject"` for HTTP, otherwise `"delay"`.
   */
  action?: "delay" | "reject" | "close";
  /**
   * Clients without limits, which `deny` does not refuse either: IP addresses, networks such as
   * `"10.0.0.0/8"`, and `"unix:"` for all peers of a Unix socket. Default: none.
   */
  allow?: readonly string[];
  /**
   * Clients that are refused: their connections are closed, their datagrams dropped. Their requests
   * through one of the `trustedProxies` get the response 403. Default: none.
   */
  deny?: readonly string[];
  /**
   * How many clients without an open connection are remembered in a process. About 150 bytes each.
   * Beyond that, those that have used least are forgotten first.
   *
   * @default {100000}
   */
  maxTrackedClients?: number;
}

/** The default of `maxTrackedClients`: at most about 15 MB of memory. */
export const DEFAULT_TRACKED_CLIENTS = 100_000;

const COUNTS: Readonly<Record<string, Bounds>> = {
  maxConnections: [1, MAX_SIZE],
  connectionsPerSecond: [1, MAX_SIZE],
  connectionBurst: [1, MAX_SIZE],
  messagesPerSecond: [1, MAX_SIZE],
  messageBurst: [1, MAX_SIZE],
  bytesPerSecond: [1, MAX_SIZE],
  byteBurst: [1, MAX_SIZE],
  maxTrackedClients: [1, MAX_SIZE],
};

const TYPES: Readonly<Record<keyof ClientLimitOptions, OptionType>> = {
  maxConnections: NUMBER,
  connectionsPerSecond: NUMBER,
  connectionBurst: NUMBER,
  messagesPerSecond: NUMBER,
  messageBurst: NUMBER,
  bytesPerSecond: NUMBER,
  byteBurst: NUMBER,
  action: choice('"delay", "reject" or "close"', ["delay", "reject", "close"]),
  allow: ADDRESSES,
  deny: ADDRESSES,
  maxTrackedClients: NUMBER,
};

/** The bursts, and the rates that they need. */
const BURSTS = [
  ["connectionBurst", "connectionsPerSecond"],
  ["messageBurst", "messagesPerSecond"],
  ["byteBurst", "bytesPerSecond"],
] as const;

/** How each option is called in errors. */
const PREFIX = "clientLimits.";

/**
 * Checks the option by itself.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if it is not valid.
 */
export function checkClientLimits(options: ClientLimitOptions): void {
  checkOptions(options, { of: "a service", types: TYPES, prefix: PREFIX });
  checkNumbers(options, COUNTS, PREFIX);
  for (const [burst, rate] of BURSTS) {
    if (options[burst] === undefined || options[rate] !== undefined) continue;
    const value = `${options[burst]} without ${rate}`;
    throw invalidOption(PREFIX + burst, `a burst beside ${rate}`, value);
  }
  const { action, messagesPerSecond, bytesPerSecond } = options;
  if (action === undefined || (messagesPerSecond ?? bytesPerSecond) !== undefined) return;
  const expected = "an action beside messagesPerSecond or bytesPerSecond";
  throw invalidOption(`${PREFIX}action`, expected, `"${action}" without them`);
}

/** Limits of connections, which UDP does not have. */
const STREAMS_ONLY = ["maxConnections", "connectionsPerSecond", "action"] as const;

/**
 * Refuses limits that have no effect on UDP.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if there is one.
 */
export function checkDatagramLimits(options: ClientLimitOptions | undefined): void {
  const name = STREAMS_ONLY.find((one) => options?.[one] !== undefined);
  if (name === undefined) return;
  const given = "UDP, which has no connections and drops datagrams";
  throw invalidOption(PREFIX + name, "a TCP, TLS or Unix address", given);
}

/**
 * Refuses an action that the protocol does not have.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if there is one.
 */
export function checkLimitAction(options: ClientLimitOptions | undefined, protocol: string): void {
  if (options?.action !== "reject" || protocol === "http") return;
  const expected = '"delay" or "close", or an http service';
  throw invalidOption(`${PREFIX}action`, expected, `"reject" on a ${protocol} service`);
}
