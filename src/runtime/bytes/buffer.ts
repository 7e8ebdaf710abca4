/**
 * Bytes for libraries that take a `Buffer` and nothing else.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/**
 * The same bytes as a `Buffer`, uncopied.
 *
 * @param bytes Any array of bytes.
 * @returns A view of them.
 */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
