/**
 * The option `trustedProxies`.
 *
 * @module
 */

import { checkOptions } from "../option_types.ts";
import type { TrustedProxies } from "../protocol/protocol.ts";
import { AddressSet } from "./address_set.ts";
import { ADDRESSES, checkGiven } from "./addresses_option.ts";

/** Proxies in front of an HTTP or WebSocket service, and what they write. */
export interface TrustedProxyOptions {
  /**
   * The addresses of your proxies: IP addresses, networks such as `"10.0.0.0/8"`, and `"unix:"` for
   * all peers of a Unix socket.
   */
  from: readonly string[];
  /**
   * The header field in which they write the client. Set it if your proxies write only one of them
   * and pass the other one on, as a stranger has sent it. Default: `"x-forwarded-for"`, or in
   * requests without it `"forwarded"`.
   */
  header?: "x-forwarded-for" | "forwarded";
}

const HEADERS: readonly unknown[] = ["x-forwarded-for", "forwarded"];

/** A set of proxies, with the header field that they write. */
class ProxySet extends AddressSet implements TrustedProxies {
  readonly header: TrustedProxies["header"];

  constructor({ from, header }: TrustedProxyOptions, option: string) {
    super(from, option);
    this.header = header;
  }
}

/**
 * Reads the option `trustedProxies`.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if it is not valid.
 */
export function trustedProxies(
  given: readonly string[] | TrustedProxyOptions | undefined,
): TrustedProxies | undefined {
  if (given === undefined) return undefined;
  if (Array.isArray(given)) return new ProxySet({ from: given }, "trustedProxies");
  const options = given as TrustedProxyOptions;
  checkOptions(options, {
    of: "a service",
    types: {
      from: ADDRESSES,
      header: ['"x-forwarded-for" or "forwarded"', (value) => HEADERS.includes(value)],
    },
    prefix: "trustedProxies.",
  });
  checkGiven("trustedProxies.from", options.from);
  return new ProxySet(options, "trustedProxies.from");
}
