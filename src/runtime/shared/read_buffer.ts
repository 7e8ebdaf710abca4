/**
 * Sizes of read buffers: small for an idle connection, large for a busy one.
 *
 * @module
 */

/** The buffer of an idle connection, in bytes. */
export const MIN_READ_SIZE = 1024;
/** The largest buffer, in bytes. */
export const MAX_READ_SIZE: number = 64 * 1024;

/**
 * The size of the buffer for the next read: doubled after a full read, halved after two nearly
 * empty ones. Two, because the last read of a burst is often small, and the next burst should be
 * read at once.
 *
 * @param size The size of the buffer of the last read.
 * @param count How many bytes were read into it.
 * @param previous How many bytes were read before that.
 */
export function nextReadSize(size: number, count: number, previous: number): number {
  if (count === size) return Math.min(size * 2, MAX_READ_SIZE);
  if (Math.max(count, previous) * 4 < size) return Math.max(size / 2, MIN_READ_SIZE);
  return size;
}
