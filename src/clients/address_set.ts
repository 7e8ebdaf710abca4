/**
 * Lists of addresses and networks in CIDR notation (RFC 4632).
 *
 * @module
 */

import ipaddr from "ipaddr.js";
import { describeValue, invalidOption } from "../numbers.ts";
import { ipv4Number, parseAddress, usualAddress } from "./ip_address.ts";

/** The entry for the peers of Unix sockets, which have no address. */
const UNIX = "unix:";

/** An IPv4 network: its first address, and the bits that belong to it. */
type Ipv4Network = readonly [first: number, mask: number];

/** A set of IP addresses, given as addresses and networks. */
export class AddressSet {
  readonly #ipv4: Ipv4Network[] = [];
  readonly #ipv6: [network: ipaddr.IPv6, bits: number][] = [];
  #unix = false;

  /**
   * @param entries Addresses and networks: `"192.0.2.7"`, `"10.0.0.0/8"`, `"2001:db8::/32"`, and
   * `"unix:"` for all peers of Unix sockets.
   * @param option The option that has them, for errors.
   * @throws {GoerError} `GOER_INVALID_ARGUMENT` if an entry is none of these.
   */
  constructor(entries: readonly string[], option: string) {
    for (const entry of entries) this.#add(entry, option);
  }

  /** Tells whether it has an IP address, or `"unix:"`. */
  has(address: string): boolean {
    const number = ipv4Number(address);
    if (number !== undefined) return this.#hasIpv4(number);
    if (address === UNIX) return this.#unix;
    const parsed = parseAddress(address);
    if (parsed instanceof ipaddr.IPv4) return this.#hasIpv4(ipv4Number(parsed.toString())!);
    return parsed !== undefined &&
      this.#ipv6.some(([network, bits]) => parsed.match(network, bits));
  }

  /** An IP address in its usual form (RFC 5952); `undefined` if it is none. */
  normalize(text: string): string | undefined {
    return usualAddress(text);
  }

  #hasIpv4(number: number): boolean {
    for (const [first, mask] of this.#ipv4) if (((number ^ first) & mask) === 0) return true;
    return false;
  }

  #add(entry: string, option: string): void {
    if (entry === UNIX) return void (this.#unix = true);
    const [, text = "", digits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(String(entry)) ?? [];
    const address = parseAddress(text);
    const isIpv4 = address instanceof ipaddr.IPv4;
    const size = isIpv4 ? 32 : 128;
    // Networks of IPv4 addresses that are mapped into IPv6 have a prefix with 96 more bits.
    const before = isIpv4 && text.includes(":") ? 96 : 0;
    const bits = digits === undefined ? size : Number(digits) - before;
    if (address === undefined || bits < 0 || bits > size) {
      const expected = 'IP addresses and networks such as "10.0.0.0/8", or "unix:"';
      throw invalidOption(option, expected, JSON.stringify(entry) ?? describeValue(entry));
    }
    checkFirst(entry, option, firstOf(address, bits));
    if (isIpv4) this.#addIpv4(ipv4Number(address.toString())!, bits);
    else this.#ipv6.push([address as ipaddr.IPv6, bits]);
  }

  #addIpv4(number: number, bits: number): void {
    // A shift by 32 bits would shift by none.
    const mask = bits === 0 ? 0 : -1 << (32 - bits);
    this.#ipv4.push([number, mask]);
  }
}

/** `10.0.0.7/8` may mean one address, but would match millions. */
function checkFirst(
  entry: string,
  option: string,
  { network, isFirst }: { network: string; isFirst: boolean },
): void {
  if (isFirst) return;
  throw invalidOption(option, `the first address of a network, as in "${network}"`, `"${entry}"`);
}

/** The network of an address, and whether the address is the first one in it. */
function firstOf(address: ipaddr.IPv4 | ipaddr.IPv6, bits: number) {
  const bytes = address.toByteArray();
  const first = bytes.map((byte, index) =>
    byte & (0xff00 >> Math.max(0, Math.min(8, bits - index * 8)))
  );
  const isFirst = first.every((byte, index) => byte === bytes[index]);
  return { network: `${ipaddr.fromByteArray(first)}/${bits}`, isFirst };
}
