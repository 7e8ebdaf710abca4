/**
 * The limits of each client of a service.
 *
 * @module
 */

import type { TrustedProxies } from "../protocol/protocol.ts";
import { AddressSet } from "./address_set.ts";
import { clientKey } from "./client_key.ts";
import {
  checkClientLimits,
  type ClientLimitOptions,
  DEFAULT_TRACKED_CLIENTS,
} from "./client_limits_option.ts";
import { ClientTable, ClientUsage, type Rate } from "./client_table.ts";
import { hostOf } from "./host_port.ts";

/** Whether a client may have a connection. */
export type Admission = "admitted" | "denied" | "limited";

/** A client that is refused. */
export const DENIED: ClientUsage = new ClientUsage({}, 0);

/** A client without limits. */
const UNLIMITED: ClientUsage = new ClientUsage({}, 0);

/** Decides what each client may do now. */
export class ClientLimits {
  /** What happens if a client sends too much; `undefined` if the protocol decides. */
  readonly action: ClientLimitOptions["action"];
  readonly #table: ClientTable;
  readonly #allow: AddressSet | undefined;
  readonly #deny: AddressSet | undefined;
  readonly #trustedProxies: TrustedProxies | undefined;
  readonly #maxConnections: number;

  /** @throws {GoerError} `GOER_INVALID_ARGUMENT` if an option is not valid. */
  constructor(options: ClientLimitOptions, trustedProxies: TrustedProxies | undefined) {
    checkClientLimits(options);
    const { allow, deny, maxTrackedClients = DEFAULT_TRACKED_CLIENTS } = options;
    this.action = options.action;
    this.#trustedProxies = trustedProxies;
    this.#allow = allow && new AddressSet(allow, "clientLimits.allow");
    this.#deny = deny && new AddressSet(deny, "clientLimits.deny");
    this.#maxConnections = options.maxConnections ?? Infinity;
    this.#table = new ClientTable({
      opened: rate(options.connectionsPerSecond, options.connectionBurst),
      messages: rate(options.messagesPerSecond, options.messageBurst),
      bytes: rate(options.bytesPerSecond, options.byteBurst),
    }, maxTrackedClients);
  }

  /** The usage of the client at this address; {@linkcode DENIED} if it is refused. */
  find(remoteAddress: string): ClientUsage {
    return this.#find(hostOf(remoteAddress));
  }

  /**
   * A client has opened a connection.
   *
   * @returns Its usage, for {@linkcode ClientLimits.release} at the end of the connection.
   * `undefined` if the connection must be refused.
   */
  admit(remoteAddress: string): ClientUsage | undefined {
    const usage = this.find(remoteAddress);
    if (usage === UNLIMITED) return usage;
    if (usage === DENIED || usage.connections >= this.#maxConnections) return undefined;
    if (this.#table.takeOne(usage, "opened") > 0) return undefined;
    usage.connections++;
    return usage;
  }

  /** A connection has ended. */
  release(usage: ClientUsage): void {
    if (isCounted(usage)) usage.connections--;
  }

  /** Tells whether a datagram may be handled now, and takes what it needs. */
  admitDatagram(host: string, size: number): boolean {
    const usage = this.#find(host);
    if (usage === UNLIMITED) return true;
    // A datagram can be larger than the burst, so one byte is enough.
    if (usage === DENIED || this.#table.wait(usage, "bytes") > 0) return false;
    if (this.takeMessage(usage) > 0) return false;
    this.takeBytes(usage, size);
    return true;
  }

  /**
   * The client has sent a message.
   *
   * @returns In how many ms it may be handled; 0 if it may now, and counts.
   */
  takeMessage(usage: ClientUsage): number {
    return isCounted(usage) ? this.#table.takeOne(usage, "messages") : 0;
  }

  /**
   * The client has sent a message that will be handled, perhaps later.
   *
   * @returns In how many ms it may be handled.
   */
  reserveMessage(usage: ClientUsage): number {
    return isCounted(usage) ? this.#table.take(usage, "messages", 1) : 0;
  }

  /** A message that was waiting will not be handled. */
  giveMessageBack(usage: ClientUsage): void {
    if (isCounted(usage)) this.#table.giveBack(usage, "messages", 1);
  }

  /**
   * The client has sent bytes.
   *
   * @returns After how many ms it may send more.
   */
  takeBytes(usage: ClientUsage, count: number): number {
    return isCounted(usage) ? this.#table.take(usage, "bytes", count) : 0;
  }

  #find(host: string): ClientUsage {
    if (this.#allow?.has(host)) return UNLIMITED;
    if (this.#deny?.has(host)) return DENIED;
    // The clients of a proxy have limits of their own.
    if (this.#trustedProxies?.has(host)) return UNLIMITED;
    const key = clientKey(host);
    return key === undefined ? UNLIMITED : this.#table.find(key);
  }
}

function isCounted(usage: ClientUsage): boolean {
  return usage !== UNLIMITED && usage !== DENIED;
}

function rate(perSecond: number | undefined, burst = perSecond): Rate | undefined {
  return perSecond === undefined ? undefined : { perMs: perSecond / 1000, burst: burst! };
}
