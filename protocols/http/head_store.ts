/**
 * Keeps the bytes of request heads. A connection's receive buffer is used again as soon as the
 * handler returns, and a request is kept longer than that; an array for each would cost more than
 * reading the head does, so many stand in one.
 *
 * @module
 */

/** The size of a shared array. A single request that is kept for long keeps one of these. */
const STORE_SIZE = 16_384;

/** A head longer than this gets an array of its own. */
const MAX_SHARED = 2048;

/** A head longer than this is faster copied by the engine than byte by byte. */
const COPY_BY_LOOP = 96;

/** The array that heads are kept in: it changes with {@linkcode storeHead}. */
export let headStore: Uint8Array = new Uint8Array(STORE_SIZE);

/** Where the next head goes. */
let used = 0;

/**
 * Copies a head into {@linkcode headStore}.
 *
 * @returns Where it begins there.
 */
export function storeHead(bytes: Uint8Array, start: number, length: number): number {
  if (used + length > headStore.length) {
    headStore = new Uint8Array(length > MAX_SHARED ? length : STORE_SIZE);
    used = 0;
  }
  const at = used;
  if (length > COPY_BY_LOOP) headStore.set(bytes.subarray(start, start + length), at);
  else for (let index = 0; index < length; index++) headStore[at + index] = bytes[start + index];
  used += length;
  return at;
}
