/**
 * Digests, at once: `crypto.subtle` has them as promises only.
 *
 * @module
 */

import { hash } from "node:crypto";

/**
 * The SHA-1 digest of `text`, for protocols that ask for it (RFC 6455 section 4.2.2).
 *
 * @param text What to digest, in UTF-8.
 * @returns The digest in base64.
 */
export function sha1Base64(text: string): string {
  return hash("sha1", text, "base64");
}
