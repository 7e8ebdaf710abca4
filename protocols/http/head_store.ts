/**
 * Keeps the bytes of request heads. A connection's receive buffer is used again as soon as the
 * handler returns, and a request is kept longer than that; an array for each would cost more than
 * reading the head does, so many stand in one.
 *
 * @module
 */

import { HeadParser } from "./head_parser.ts";

/** The size of a shared array. A single request that is kept for long keeps one of these. */
const STORE_SIZE = 16_384;

/** A head longer than this gets an array of its own. */
const MAX_SHARED = 2048;

/** A head longer than this is faster copied by the engine than byte by byte. */
const COPY_BY_LOOP = 96;

let store = new Uint8Array(STORE_SIZE);
let used = 0;

/** A head that has been read, with its bytes. */
export class RequestHead extends HeadParser {
  /** The array that its bytes stand in. */
  bytes: Uint8Array = store;
  /** Where they begin. */
  start = 0;
  /** How many they are. */
  length = 0;

  /** Copies the head's bytes off a buffer that is used again. */
  keep(bytes: Uint8Array, start: number, length: number): void {
    this.length = length;
    if (length > MAX_SHARED) {
      this.bytes = bytes.slice(start, start + length);
      return;
    }
    if (used + length > STORE_SIZE) {
      store = new Uint8Array(STORE_SIZE);
      used = 0;
    }
    this.bytes = store;
    this.start = used;
    if (length > COPY_BY_LOOP) store.set(bytes.subarray(start, start + length), used);
    else for (let index = 0; index < length; index++) store[used + index] = bytes[start + index];
    used += length;
  }
}
