/**
 * Synchronous digests: those of `crypto.subtle` are asynchronous.
 *
 * @module
 */

import { hash } from "node:crypto";

/**
 * The SHA-1 digest of `text`, for protocols that require it (RFC 6455 section 4.2.2).
 *
 * @param text The text, which is encoded as UTF-8.
 * @returns The digest in base64.
 */
export function sha1Base64(text: string): string {
  return hash("sha1", text, "base64");
}
