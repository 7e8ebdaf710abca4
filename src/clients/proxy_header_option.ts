/**
 * The option `proxyHeader` of `connect`, and the header that is sent.
 *
 * @module
 */

import ipaddr from "ipaddr.js";
import { describeValue, invalidOption } from "../numbers.ts";
import { checkOptions, type OptionType, TEXT } from "../option_types.ts";
import type { ProxyTlv } from "../protocol/connection.ts";
import { hostOf } from "./host_port.ts";
import { parseAddress } from "./ip_address.ts";
import { V2_SIGNATURE } from "./proxy_header.ts";

/**
 * A header of the PROXY protocol, which says for whom a proxy connects. The header that a connection
 * has received can be passed on as it is.
 *
 * @example A proxy
 * ```ts
 * import { type Connection, connect, type ProxyHeaderOptions } from "@goer/goer";
 *
 * function connectFor({ remoteAddress, localAddress }: Connection, backend: string) {
 *   const proxyHeader: ProxyHeaderOptions = { source: remoteAddress, destination: localAddress };
 *   return connect(backend, { proxyHeader });
 * }
 * ```
 */
export interface ProxyHeaderOptions {
  /**
   * The version: 1 is a line of text, 2 is binary and can have TLVs.
   *
   * @default {2}
   */
  version?: 1 | 2;
  /**
   * The address of the client, with its port: `"192.0.2.1:4711"`, `"[2001:db8::1]:4711"`. With
   * `"unix:"` and without an address, the header says that the client is not known.
   */
  source?: string;
  /** The address to which the client has connected, with its port. Needed if there is a `source`. */
  destination?: string;
  /**
   * `"local"` if you connect for yourself, as in a health check: the receiver then ignores the
   * addresses. Default: `"proxy"`.
   */
  command?: "proxy" | "local";
  /** More information: version 2 only. A checksum (type 3) and padding (type 4) are left out. */
  tlvs?: readonly ProxyTlv[];
}

const VERSION: OptionType = ["1 or 2", (value) => value === 1 || value === 2];
const COMMAND: OptionType = [
  '"proxy" or "local"',
  (value) => value === "proxy" || value === "local",
];
const TLVS: OptionType = [
  "a list of TLVs, each with a type from 0 to 255 and a value of at most 65535 bytes",
  (value) => Array.isArray(value) && value.every(isTlv),
];

function isTlv(tlv: Partial<ProxyTlv> | null | undefined): boolean {
  const { type, value } = tlv ?? {};
  const isByte = Number.isInteger(type) && type! >= 0 && type! <= 255;
  return isByte && value instanceof Uint8Array && value.length <= 65_535;
}

/** The types of TLVs that belong to the header that they come from (section 2.2). */
const OWN_TYPES: readonly number[] = [0x03, 0x04];

/** The largest part of a header of version 2 behind its first 16 bytes. */
const MAX_REST = 65_535;

/** An address with its port. */
interface Side {
  readonly address: ipaddr.IPv4 | ipaddr.IPv6;
  readonly port: number;
}

/**
 * Encodes the header.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if an option is not valid.
 */
export function encodeProxyHeader(options: ProxyHeaderOptions): Uint8Array {
  checkOptions(options, {
    of: "connect",
    types: { version: VERSION, source: TEXT, destination: TEXT, command: COMMAND, tlvs: TLVS },
    prefix: "proxyHeader.",
  });
  const { version = 2, command = "proxy", tlvs = [] } = options;
  const sent = tlvs.filter(({ type }) => !OWN_TYPES.includes(type));
  if (version === 1 && sent.length > 0) {
    throw invalidOption("proxyHeader.tlvs", "no TLVs in version 1", `${sent.length}`);
  }
  const sides = command === "local" ? undefined : sidesOf(options);
  return version === 1 ? encodeV1(sides) : encodeV2(command, sides, sent);
}

/** Both sides, in the same family; `undefined` if one is not known. */
function sidesOf({ source, destination }: ProxyHeaderOptions): [Side, Side] | undefined {
  if ((source === undefined) !== (destination === undefined)) {
    const [missing, given] = source === undefined
      ? ["source", "destination"]
      : ["destination", "source"];
    throw invalidOption(`proxyHeader.${missing}`, `an address beside the ${given}`, "nothing");
  }
  const from = sideOf("proxyHeader.source", source);
  const to = sideOf("proxyHeader.destination", destination);
  if (from === undefined || to === undefined) return undefined;
  if (from.address.kind() === to.address.kind()) return [from, to];
  return [inIpv6(from), inIpv6(to)];
}

function sideOf(option: string, text: string | undefined): Side | undefined {
  if (text === undefined || text.startsWith("unix:")) return undefined;
  const [, digits] = /:(\d{1,5})$/.exec(text) ?? [];
  const address = parseAddress(hostOf(text));
  const port = Number(digits);
  if (address !== undefined && port <= 65_535) return { address, port };
  const expected = 'an IP address with its port, such as "192.0.2.1:4711", or "unix:"';
  throw invalidOption(option, expected, JSON.stringify(text) ?? describeValue(text));
}

function inIpv6({ address, port }: Side): Side {
  return {
    address: address instanceof ipaddr.IPv4 ? address.toIPv4MappedAddress() : address,
    port,
  };
}

/** A line (section 2.1). */
function encodeV1(sides: [Side, Side] | undefined): Uint8Array {
  const line = sides === undefined ? "PROXY UNKNOWN" : [
    `PROXY ${sides[0].address.kind() === "ipv4" ? "TCP4" : "TCP6"}`,
    ...sides.map(({ address }) => address.toString()),
    ...sides.map(({ port }) => port),
  ].join(" ");
  return new TextEncoder().encode(`${line}\r\n`);
}

/** Signature, version and command, family, length, addresses, TLVs (section 2.2). */
function encodeV2(
  command: "proxy" | "local",
  sides: [Side, Side] | undefined,
  tlvs: readonly ProxyTlv[],
): Uint8Array {
  const rest = [
    ...(sides ?? []).flatMap(({ address }) => address.toByteArray()),
    ...(sides ?? []).flatMap(({ port }) => [port >> 8, port & 0xff]),
    ...tlvs.flatMap(({ type, value }) => [type, value.length >> 8, value.length & 0xff, ...value]),
  ];
  if (rest.length > MAX_REST) {
    const expected = `at most ${MAX_REST} bytes with the addresses`;
    throw invalidOption("proxyHeader.tlvs", expected, `${rest.length} bytes`);
  }
  const family = sides === undefined ? 0x00 : sides[0].address.kind() === "ipv4" ? 0x11 : 0x21;
  const first = [command === "local" ? 0x20 : 0x21, family, rest.length >> 8, rest.length & 0xff];
  return Uint8Array.from([...V2_SIGNATURE, ...first, ...rest]);
}
