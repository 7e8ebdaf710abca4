/**
 * Parses the header of the PROXY protocol, versions 1 and 2
 * (haproxy.org/download/3.0/doc/proxy-protocol.txt).
 *
 * @module
 */

import ipaddr from "ipaddr.js";
import { ProtocolError } from "../errors.ts";
import type { ProxyHeader, ProxyTlv } from "../protocol/connection.ts";
import { decodeLatin1 } from "../runtime/bytes/text.ts";
import { formatHostPort } from "../runtime/sockets/endpoint.ts";
import { crc32c } from "./crc32c.ts";
import { ipv4Number, usualAddress } from "./ip_address.ts";

/** The longest header of version 1, with its line end (section 2.1). */
const MAX_V1_SIZE = 107;

/** The size of a header of version 2 before its addresses (section 2.2). */
const V2_SIZE = 16;

/** How a header of version 1 begins. */
export const V1_SIGNATURE: Uint8Array = new TextEncoder().encode("PROXY ");

/** How a header of version 2 begins. */
export const V2_SIGNATURE: Uint8Array = new TextEncoder().encode("\r\n\r\n\0\r\nQUIT\n");

/** The types of TLVs that belong to the header itself (section 2.2). */
const TLV_CRC32C = 0x03;
const TLV_NOOP = 0x04;

/** A header with its size. */
export interface ParsedHeader {
  readonly header: ProxyHeader;
  readonly size: number;
}

/**
 * Parses a header at the start of `bytes`.
 *
 * @returns The header and its size, or how many bytes are needed at least.
 * @throws {ProtocolError} If the bytes are not a header, and never will be.
 */
export function parseProxyHeader(bytes: Uint8Array): ParsedHeader | number {
  if (beginsLike(bytes, V2_SIGNATURE)) return parseV2(bytes);
  if (beginsLike(bytes, V1_SIGNATURE)) return parseV1(bytes);
  throw bad("it does not begin with one");
}

/** True if `bytes` are the signature, or may become it. */
export function beginsLike(bytes: Uint8Array, signature: Uint8Array): boolean {
  const length = Math.min(bytes.length, signature.length);
  for (let index = 0; index < length; index++) if (bytes[index] !== signature[index]) return false;
  return true;
}

/** `PROXY TCP4 192.0.2.1 192.0.2.7 4711 443`, and a line end. */
const V1_LINE = /^PROXY TCP([46]) ([\da-f:.]+) ([\da-f:.]+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})$/i;

function parseV1(bytes: Uint8Array): ParsedHeader | number {
  const end = bytes.subarray(0, MAX_V1_SIZE).indexOf(0x0a);
  if (end === -1) {
    if (bytes.length < MAX_V1_SIZE) return bytes.length + 1;
    throw bad(`it has no end within ${MAX_V1_SIZE} bytes`);
  }
  if (bytes[end - 1] !== 0x0d) throw bad("its line does not end with CR LF");
  const text = decodeLatin1(bytes, 0, end - 1);
  // Whatever follows UNKNOWN is ignored (section 2.1).
  if (/^PROXY UNKNOWN(?: |$)/.test(text)) {
    const nothing = { source: undefined, destination: undefined, tlvs: [] };
    return { header: { version: 1, command: "proxy", ...nothing }, size: end + 1 };
  }
  const [, family, from, to, fromPort, toPort] = V1_LINE.exec(text) ?? [];
  if (family === undefined) throw bad("its line is not valid");
  const source = v1Address(from, fromPort, family);
  const destination = v1Address(to, toPort, family);
  return {
    header: { version: 1, command: "proxy", source, destination, tlvs: [] },
    size: end + 1,
  };
}

function v1Address(text: string, port: string, family: string): string {
  const address = usualAddress(text);
  const isIpv4 = ipv4Number(text) !== undefined;
  if (address === undefined || isIpv4 !== (family === "4") || Number(port) > 65535) {
    throw bad("an address in its line is not valid");
  }
  return formatHostPort(address, Number(port));
}

function parseV2(bytes: Uint8Array): ParsedHeader | number {
  if (bytes.length < V2_SIZE) return V2_SIZE;
  const [version, command] = [bytes[12] >> 4, bytes[12] & 0x0f];
  if (version !== 2) throw bad(`its version is ${version}`);
  if (command > 1) throw bad(`its command is ${command}`);
  const size = V2_SIZE + (bytes[14] << 8 | bytes[15]);
  // A connection of the proxy itself, such as a health check. All the rest is ignored.
  if (command === 0) {
    const nothing = { source: undefined, destination: undefined, tlvs: [] };
    return bytes.length < size
      ? size
      : { header: { version: 2, command: "local", ...nothing }, size };
  }
  const family = FAMILIES.get(bytes[13]);
  if (family === undefined) throw bad(`its address family is 0x${bytes[13].toString(16)}`);
  const start = V2_SIZE + family.size;
  if (start > size) throw bad("it is too short for its addresses");
  if (bytes.length < size) return size;
  const whole = bytes.subarray(0, size);
  const [source, destination] = family.read(whole);
  const tlvs = parseTlvs(whole, start);
  return { header: { version: 2, command: "proxy", source, destination, tlvs }, size };
}

/** How a header has the addresses of a family. */
interface Family {
  /** The size of both addresses. */
  readonly size: number;
  read(bytes: Uint8Array): [source?: string, destination?: string];
}

const UNKNOWN: Family = { size: 0, read: () => [] };
const IPV4: Family = { size: 12, read: (bytes) => readAddresses(bytes, 4) };
const IPV6: Family = { size: 36, read: (bytes) => readAddresses(bytes, 16) };
/** The paths of Unix sockets say nothing about the client. */
const UNIX: Family = { size: 216, read: () => ["unix:", "unix:"] };

/** All families, for streams and datagrams. Other bytes must be refused (section 2.2). */
const FAMILIES: ReadonlyMap<number, Family> = new Map([
  [0x00, UNKNOWN],
  [0x11, IPV4],
  [0x12, IPV4],
  [0x21, IPV6],
  [0x22, IPV6],
  [0x31, UNIX],
  [0x32, UNIX],
]);

/** Two IP addresses of `length` bytes each, then their ports. */
function readAddresses(bytes: Uint8Array, length: number): [source: string, destination: string] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const read = (index: number) => {
    const start = V2_SIZE + index * length;
    const address = ipaddr.fromByteArray([...bytes.subarray(start, start + length)]);
    const port = view.getUint16(V2_SIZE + 2 * length + 2 * index);
    return formatHostPort(usualAddress(address.toString())!, port);
  };
  return [read(0), read(1)];
}

/** The rest of a header: values, each with a type and a length (section 2.2). */
function parseTlvs(bytes: Uint8Array, start: number): ProxyTlv[] {
  const tlvs: ProxyTlv[] = [];
  for (let at = start; at < bytes.length;) {
    if (at + 3 > bytes.length) throw bad("it ends within a TLV");
    const type = bytes[at];
    const from = at + 3;
    const end = from + (bytes[at + 1] << 8 | bytes[at + 2]);
    if (end > bytes.length) throw bad("a TLV is longer than the header");
    if (type === TLV_CRC32C) checkSum(bytes, from, end);
    if (type !== TLV_NOOP) tlvs.push({ type, value: bytes.slice(from, end) });
    at = end;
  }
  return tlvs;
}

/** The checksum of the whole header, with zeros in place of the checksum. */
function checkSum(bytes: Uint8Array, start: number, end: number): void {
  if (end - start !== 4) throw bad("its checksum does not have 4 bytes");
  const zeroed = bytes.slice();
  const given = new DataView(zeroed.buffer).getUint32(start);
  zeroed.fill(0, start, end);
  if (crc32c(zeroed) !== given) throw bad("its checksum is wrong");
}

function bad(reason: string): ProtocolError {
  return new ProtocolError(`Cannot read the PROXY header: ${reason}`);
}
