/**
 * Socket addresses in the layout of the Linux kernel.
 *
 * @module
 */

import type { SocketAddress } from "../descriptors.ts";
import { withoutBrackets } from "./endpoint.ts";

/** Address families. */
export const FAMILY_UNIX = 1;
const FAMILY_IPV4 = 2;
export const FAMILY_IPV6 = 10;

/** The longest path of a Unix socket in bytes: `sun_path` without its final zero. */
export const MAX_UNIX_PATH = 107;

/** The address family of an address. */
export function addressFamily(address: SocketAddress): number {
  if (address.transport === "unix") return FAMILY_UNIX;
  return address.hostname.includes(":") ? FAMILY_IPV6 : FAMILY_IPV4;
}

/** Creates a `struct sockaddr_in`, `sockaddr_in6` or `sockaddr_un`. */
export function encodeSocketAddress(address: SocketAddress): Uint8Array<ArrayBuffer> {
  const family = addressFamily(address);
  if (family === FAMILY_UNIX) return encodeUnixAddress(address.path);
  const bytes = new Uint8Array(family === FAMILY_IPV4 ? 16 : 28);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, family, true);
  view.setUint16(2, address.port);
  if (family === FAMILY_IPV4) bytes.set(address.hostname.split(".").map(Number), 4);
  else encodeIpv6(address.hostname).forEach((group, index) => view.setUint16(8 + index * 2, group));
  return bytes;
}

/** Creates a `struct sockaddr_un`. A leading `@` means the abstract namespace. */
export function encodeUnixAddress(path: string): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(path);
  if (name.length > MAX_UNIX_PATH) {
    throw new RangeError(
      `Cannot use the path of a Unix socket: ${path} is longer than ${MAX_UNIX_PATH} bytes`,
    );
  }
  const abstract = path.startsWith("@");
  const bytes = new Uint8Array(2 + name.length + (abstract ? 0 : 1));
  bytes[0] = FAMILY_UNIX;
  bytes.set(name, 2);
  if (abstract) bytes[2] = 0;
  return bytes;
}

/** The port in a `struct sockaddr_in` or `sockaddr_in6`; 0 for other families. */
export function decodePort(bytes: Uint8Array): number {
  const family = bytes[0] | bytes[1] << 8;
  return family === FAMILY_IPV4 || family === FAMILY_IPV6 ? bytes[2] << 8 | bytes[3] : 0;
}

function encodeIpv6(hostname: string): number[] {
  // The URL parser validates it, and converts a dotted end to hexadecimal.
  const text = new URL(`http://[${withoutBrackets(hostname)}]/`).hostname.slice(1, -1);
  const [front, back] = text.split("::").map((part) =>
    part === "" ? [] : part.split(":").map((group) => parseInt(group, 16))
  );
  if (back === undefined) return front;
  return [...front, ...new Array(8 - front.length - back.length).fill(0), ...back];
}
