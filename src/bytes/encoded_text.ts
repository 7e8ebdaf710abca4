/**
 * UTF-8 text that is encoded once if many connections are sent the same.
 *
 * @module
 */

/** The minimum length of a text whose bytes are kept for the next connection, in UTF-16 units. */
const MIN_LENGTH = 8 * 1024;

const encoder = new TextEncoder();

/** The last text encoded in this turn, and its bytes. */
let last: { text: string; bytes: Uint8Array<ArrayBuffer> } | undefined;

/**
 * Encodes a text. If a turn sends it to many connections, it is encoded only for the first.
 *
 * @returns Bytes that others may send as well, so they must not change.
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
