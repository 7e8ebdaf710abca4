/**
 * Converts between `Buffer`, which some libraries require, and plain `Uint8Array`.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/**
 * Returns the same bytes as a `Buffer`, without a copy.
 *
 * @param bytes Any array of bytes.
 * @returns A view of them.
 */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Returns a `Buffer` as a plain `Uint8Array`: `slice()` of the former is a view, of the latter a
 * copy.
 *
 * @param buffer What a `node:` module returned.
 * @returns The same bytes.
 */
export function plainBytes(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
