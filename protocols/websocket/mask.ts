/**
 * Masking (RFC 6455 section 5.3). Masking and unmasking are the same operation.
 *
 * @module
 */

/** From this many bytes, a view of 32-bit words is faster than single bytes. */
const WORDWISE = 192;

/**
 * Reads the masking key as one word, its first byte lowest.
 *
 * @param bytes The array that contains the key.
 * @param at The index of the key.
 */
export function readKey(bytes: Uint8Array, at: number): number {
  return bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24;
}

/**
 * The key to continue with after `count` bytes have been masked with `key`.
 *
 * @param key The previous key.
 * @param count How many bytes it has masked.
 * @returns The key for the next byte.
 */
export function turnKey(key: number, count: number): number {
  const bits = (count & 3) << 3;
  return bits === 0 ? key : key >>> bits | key << (32 - bits);
}

/**
 * Masks or unmasks `bytes[start]` up to `bytes[end]` in place.
 *
 * @param bytes The array that holds them.
 * @param start Where they begin.
 * @param end Where they end.
 * @param key The key from {@linkcode readKey}.
 * @returns True if all the resulting bytes are ASCII.
 */
export function applyMask(bytes: Uint8Array, start: number, end: number, key: number): boolean {
  if (end - start >= WORDWISE) return applyMaskWordwise(bytes, start, end, key);
  const first = key & 0xff;
  const second = key >>> 8 & 0xff;
  const third = key >>> 16 & 0xff;
  const fourth = key >>> 24;
  let seen = 0;
  let at = start;
  for (const last = end - 3; at < last; at += 4) {
    seen |= (bytes[at] ^= first) | (bytes[at + 1] ^= second) |
      (bytes[at + 2] ^= third) | (bytes[at + 3] ^= fourth);
  }
  if (at < end) seen |= bytes[at] ^= first;
  if (at + 1 < end) seen |= bytes[at + 1] ^= second;
  if (at + 2 < end) seen |= bytes[at + 2] ^= third;
  return seen < 0x80;
}

/** All supported machines are little-endian, so the first byte of a word is its lowest. */
function applyMaskWordwise(bytes: Uint8Array, start: number, end: number, key: number): boolean {
  const skew = (bytes.byteOffset + start) & 3;
  const aligned = skew === 0 ? start : start + 4 - skew;
  const wordKey = turnKey(key, aligned - start);
  const count = (end - aligned) >> 2;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + aligned, count);
  let seen = 0;
  for (let at = 0; at < count; at++) seen |= words[at] ^= wordKey;
  const asciiWords = (seen & 0x80808080) === 0;
  const rest = aligned + (count << 2);
  const asciiHead = applyMask(bytes, start, aligned, key);
  return applyMask(bytes, rest, end, wordKey) && asciiHead && asciiWords;
}
