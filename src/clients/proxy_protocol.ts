/**
 * The option `proxyProtocol`.
 *
 * @module
 */

import { checkNumber, MAX_DELAY } from "../numbers.ts";
import { checkOptions, NUMBER } from "../option_types.ts";
import type { ProxyHeader } from "../protocol/connection.ts";
import type { SocketProxy } from "../runtime/runtime.ts";
import { AddressSet } from "./address_set.ts";
import { ADDRESSES, checkGiven } from "./addresses_option.ts";
import { hostOf } from "./host_port.ts";
import { ProxyReader } from "./proxy_reader.ts";

/** Proxies that send a PROXY header at the start of each connection. */
export interface ProxyProtocolOptions {
  /**
   * The addresses of your proxies: IP addresses, networks such as `"10.0.0.0/8"`, and `"unix:"` for
   * all peers of a Unix socket. They must send the header, and no other peer may.
   */
  from: readonly string[];
  /**
   * How long a proxy may take to send the header, in ms, from 1 to 2,147,483,647 (about 24 days).
   * Proxies send it immediately.
   *
   * @default {5000}
   */
  timeout?: number;
}

/** The default of `timeout`, in ms. */
const DEFAULT_TIMEOUT = 5_000;

/** The proxies of a service. */
export class ProxyProtocol {
  /** How long a proxy may take to send the header, in ms. */
  readonly timeout: number;
  readonly #from: AddressSet;

  /** @throws {GoerError} `GOER_INVALID_ARGUMENT` if an option is not valid. */
  constructor(options: ProxyProtocolOptions) {
    checkOptions(options, {
      of: "a service",
      types: { from: ADDRESSES, timeout: NUMBER },
      prefix: "proxyProtocol.",
    });
    checkGiven("proxyProtocol.from", options.from);
    checkNumber("proxyProtocol.timeout", options.timeout, [1, MAX_DELAY]);
    this.timeout = options.timeout ?? DEFAULT_TIMEOUT;
    this.#from = new AddressSet(options.from, "proxyProtocol.from");
  }

  /** Starts to read from a peer. */
  open(remoteAddress: string): ProxyReader {
    return new ProxyReader(this.#from.has(hostOf(remoteAddress)));
  }
}

/** What the header of a peer says about the connection. */
export function proxyOf(header: ProxyHeader, peer: string): SocketProxy {
  return { address: header.source === undefined ? undefined : peer, header };
}
