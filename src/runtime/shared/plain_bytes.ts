/**
 * Bytes of `node:` modules as handlers are to have them.
 *
 * @module
 */

/**
 * Views a `Buffer` as a plain `Uint8Array`: the `slice()` of the one is a view, of the other a copy.
 *
 * @param buffer What a `node:` module gives.
 * @returns The same bytes.
 */
export function plainBytes(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
