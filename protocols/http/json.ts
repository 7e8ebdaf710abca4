/**
 * Counts what JSON would become before it does.
 *
 * @module
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const BRACKET = 0x5b;
const BRACE = 0x7b;

/**
 * Tells whether a text in JSON has more than `max` values: one for each array, each object, and each of
 * their members but the first.
 *
 * @param bytes The text in UTF-8. What is no JSON is counted as if it were.
 */
export function hasMoreValues(bytes: Uint8Array, max: number): boolean {
  // Each of them has a byte of its own.
  if (bytes.length <= max) return false;
  let count = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) inString = !inString;
    else if (inString) {
      if (byte === BACKSLASH) at++;
    } else if (byte === COMMA || byte === BRACKET || byte === BRACE) {
      if (++count > max) return true;
    }
  }
  return false;
}
