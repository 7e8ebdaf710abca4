/**
 * Resolves host names.
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { withoutBrackets } from "./endpoint.ts";

/** True for an IP address, false for a name. */
export function isAddress(hostname: string): boolean {
  return isIP(withoutBrackets(hostname)) !== 0;
}

/** The first address of a host. An address is returned unchanged. */
export async function resolveHostname(hostname: string): Promise<string> {
  const bare = withoutBrackets(hostname);
  return isAddress(bare) ? bare : (await lookup(bare)).address;
}
