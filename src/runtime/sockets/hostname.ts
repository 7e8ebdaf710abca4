/**
 * Resolves host names.
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

/** True for an IP address, false for a name. */
export function isAddress(hostname: string): boolean {
  return isIP(hostname.replace(/^\[|\]$/g, "")) !== 0;
}

/** The first address of a host. An address is returned unchanged. */
export async function resolveHostname(hostname: string): Promise<string> {
  const bare = hostname.replace(/^\[|\]$/g, "");
  if (isIP(bare) !== 0) return bare;
  return (await lookup(bare)).address;
}
