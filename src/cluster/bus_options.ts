/**
 * The options of a service that concern other processes.
 *
 * @module
 */

import { parseBrokerAddress } from "./drivers/broker_address.ts";
import type { Bus } from "./drivers/bus.ts";
import type { GoerError } from "../errors.ts";
import { type Bounds, checkNumbers, invalidOption, MAX_DELAY, MAX_SIZE } from "../numbers.ts";
import type { Member } from "./member.ts";

/** Options and handlers that concern groups and other processes. */
export interface BusOptions {
  /**
   * The broker to other machines: `"local"` for none;
   * `"redis://user:password@host:6379"` (`rediss://` with TLS) is Redis or Valkey,
   * `"nats://user:password@host:4222"` (`nats+tls://` with TLS) is NATS; or any {@linkcode Bus}.
   * Services of the same `name` and
   * `busPrefix` on one broker share their groups and topics.
   *
   * @default {"local"}
   */
  bus?: string | Bus;
  /**
   * What the names of channels on the broker begin with: letters, digits, `.`, `-` and `_`, at most
   * 40. Applications that share a broker need different ones.
   *
   * @default {"goer"}
   */
  busPrefix?: string;
  /**
   * Whether a service fails to start if the bus cannot be reached. Otherwise it starts without the
   * bus, and Goer keeps trying to connect.
   *
   * @default {true}
   */
  busRequired?: boolean;
  /**
   * How many bytes can be queued for a disconnected bus. Further messages are dropped and counted
   * in `status`. From 0 to 2,147,483,647.
   *
   * @default {16777216}
   */
  maxBusQueueSize?: number;
  /**
   * How long other processes may take to answer ({@linkcode Goer.count} and the like), in ms,
   * from 1 to 2,147,483,647.
   *
   * @default {2000}
   */
  busTimeout?: number;
  /**
   * The most groups that one connection may be in. `join` throws beyond that, which closes the
   * connection unless a handler catches it. This limits the memory that a peer can use by naming
   * groups.
   *
   * @default {1000}
   */
  maxGroupsPerConnection?: number;
  /**
   * The most subscriptions to topics of a service in a process. `subscribe` throws beyond that.
   * This limits the memory that peers can use by naming topics.
   *
   * @default {65536}
   */
  maxSubscriptions?: number;
  /**
   * A connection has joined a group, in any process. Also called for members that existed before
   * this process.
   */
  onJoin?: (member: Member, group: string) => unknown;
  /** A connection has left a group, or the connection or its process has ended. */
  onLeave?: (member: Member, group: string) => unknown;
  /**
   * The bus is disconnected (Goer reconnects), or a subscriber, `onJoin` or `onLeave` failed.
   * Default: logs to the console.
   */
  onBusError?: (error: GoerError) => unknown;
}

/** The defaults of {@linkcode BusOptions}. */
export const DEFAULT_BUS_OPTIONS = {
  bus: "local",
  busPrefix: "goer",
  busRequired: true,
  maxBusQueueSize: 16_777_216,
  busTimeout: 2_000,
  maxGroupsPerConnection: 1_000,
  maxSubscriptions: 65_536,
} as const;

/** The limits of groups and topics, with their defaults filled in. */
export function groupLimits(
  {
    maxGroupsPerConnection: maxGroups = DEFAULT_BUS_OPTIONS.maxGroupsPerConnection,
    maxSubscriptions = DEFAULT_BUS_OPTIONS.maxSubscriptions,
  }: BusOptions,
): { maxGroups: number; maxSubscriptions: number } {
  return { maxGroups, maxSubscriptions };
}

const BOUNDS: Readonly<Record<string, Bounds>> = {
  maxBusQueueSize: [0, MAX_SIZE],
  busTimeout: [1, MAX_DELAY],
  maxGroupsPerConnection: [1, MAX_SIZE],
  maxSubscriptions: [1, MAX_SIZE],
};

/**
 * Makes sure that the options are within their bounds.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if one is not.
 */
export function checkBusOptions(options: BusOptions): void {
  const { bus = "local", busPrefix = DEFAULT_BUS_OPTIONS.busPrefix } = options;
  if (typeof bus === "string" && bus !== "local") parseBrokerAddress(bus);
  if (!/^[\w.-]{1,40}$/.test(busPrefix)) {
    const expected = '1 to 40 letters, digits, ".", "-" or "_"';
    throw invalidOption("busPrefix", expected, JSON.stringify(busPrefix));
  }
  checkNumbers(options, BOUNDS);
}
