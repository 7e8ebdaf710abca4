/**
 * Which addresses count as one client.
 *
 * @module
 */

import ipaddr from "ipaddr.js";
import { ipv4Number, parseAddress } from "./ip_address.ts";

/**
 * A key for all addresses of one client. One IPv4 address is one client. A site gets at least a /64
 * of IPv6 (RFC 6177), of which a client can use every address, so a /64 counts as one.
 *
 * @param address The IP address, without a port.
 * @returns `undefined` if it is not an IP address, such as the peer of a Unix socket.
 */
export function clientKey(address: string): string | number | undefined {
  const number = ipv4Number(address);
  if (number !== undefined) return number;
  const parsed = parseAddress(address);
  if (parsed instanceof ipaddr.IPv6) return parsed.parts.slice(0, 4).join(":");
  return parsed && ipv4Number(parsed.toString());
}
