/**
 * Stores the bytes of request heads. A request can be used longer than the receive buffer, which is
 * reused when the handler returns. An array per head would cost more than parsing it, so many heads
 * share one.
 *
 * @module
 */

import type { HeadParser } from "./head_parser.ts";

/** A parsed head, and where it is. */
export interface ReadHead {
  readonly parser: HeadParser;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly length: number;
}

/** The size of a shared array. A request that is kept for long keeps one of these. */
const STORE_SIZE = 16_384;

/** A longer head gets its own array. */
const MAX_SHARED = 2048;

/** A longer head is copied by the engine; for shorter ones, a loop is faster. */
const COPY_BY_LOOP = 96;

/** The current array. It changes with {@linkcode storeHead}. */
export let headStore: Uint8Array = new Uint8Array(STORE_SIZE);

/** The position of the next head. */
let used = 0;

/**
 * Copies a head into {@linkcode headStore}.
 *
 * @returns Its start in that array.
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
