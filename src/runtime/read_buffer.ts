/**
 * Buffers that sockets read into: small for an idle connection, large for a busy one.
 *
 * @module
 */

/** What an idle connection waits with, in bytes. */
export const MIN_READ_SIZE = 1024;
/** What a busy one grows to, in bytes. */
export const MAX_READ_SIZE: number = 64 * 1024;

/**
 * The buffer of the next read: twice as large after a full one, half after a nearly empty one.
 *
 * @param buffer That of the last read.
 * @param count How many bytes were read into it.
 * @param kept True where these must not be written over.
 */
export function nextBuffer(
  buffer: Uint8Array<ArrayBuffer>,
  count: number,
  kept: boolean,
): Uint8Array<ArrayBuffer> {
  let size = buffer.length;
  if (count === size) size = Math.min(size * 2, MAX_READ_SIZE);
  else if (count * 4 < size) size = Math.max(size / 2, MIN_READ_SIZE);
  return size === buffer.length && !kept ? buffer : new Uint8Array(size);
}
