/**
 * Text in UTF-8, encoded once where many connections are sent the same.
 *
 * @module
 */

/** From this length on bytes are remembered for the next connection, in UTF-16 units. */
const MIN_LENGTH = 8 * 1024;

const encoder = new TextEncoder();

/** The text that was encoded last in this turn, and its bytes. */
let last: { text: string; bytes: Uint8Array<ArrayBuffer> } | undefined;

/**
 * Encodes a text to be sent. One that is sent to many connections in a turn is encoded for the first of
 * them only.
 *
 * @returns Bytes that others may send as well: they must not change.
 */
export function encodeOnce(text: string): Uint8Array<ArrayBuffer> {
  if (text.length < MIN_LENGTH) return encoder.encode(text);
  if (last?.text === text) return last.bytes;
  if (last === undefined) queueMicrotask(forget);
  const bytes = encoder.encode(text);
  last = { text, bytes };
  return bytes;
}

function forget(): void {
  last = undefined;
}
