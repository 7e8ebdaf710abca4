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
 * The size of the buffer for the next read: twice as large after a full one, half after two nearly
 * empty ones. Two, because what is left of a burst that filled a buffer is often little, and the next
 * burst is to be read at once.
 *
 * @param size That of the buffer of the last read.
 * @param count How many bytes were read into it.
 * @param previous How many were read before them.
 */
export function nextReadSize(size: number, count: number, previous: number): number {
  if (count === size) return Math.min(size * 2, MAX_READ_SIZE);
  if (Math.max(count, previous) * 4 < size) return Math.max(size / 2, MIN_READ_SIZE);
  return size;
}
