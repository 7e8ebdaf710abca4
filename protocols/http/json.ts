/**
 * Counts the values of a JSON text before it is parsed.
 *
 * @module
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const BRACKET = 0x5b;
const BRACE = 0x7b;

/**
 * Tells whether a JSON text has more than `max` values: one for each array and object, and for each
 * of their members except the first.
 *
 * @param bytes The text in UTF-8. Invalid JSON is counted in the same way.
 */
export function hasMoreValues(bytes: Uint8Array, max: number): boolean {
  // Each value has at least one byte.
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
