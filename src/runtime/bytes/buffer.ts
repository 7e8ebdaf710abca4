/**
 * `Buffer`, for libraries that take nothing else, and plain bytes of what `node:` modules give.
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

/**
 * Views a `Buffer` as a plain `Uint8Array`: the `slice()` of the one is a view, of the other a copy.
 *
 * @param buffer What a `node:` module gives.
 * @returns The same bytes.
 */
export function plainBytes(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
