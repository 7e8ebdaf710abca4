/**
 * Bytes received that no message has taken yet.
 *
 * @module
 */

import type { ReceiveBuffer } from "../protocol/buffers.ts";
import { BLOCK_SIZE, NO_BLOCK, returnBlock, takeBlock } from "./block_pool.ts";

/**
 * A growing buffer with a start and an end. A chunk that finds it empty is viewed where it is; only
 * what is left of it after the messages have been taken is copied. Adding costs amortised time linear
 * in the bytes, however they are cut.
 */
export class GrowingReceiveBuffer implements ReceiveBuffer {
  bytes: Uint8Array = NO_BLOCK;
  start = 0;
  end = 0;
  /** How many bytes there have to be before it is worth asking the protocol again. */
  needed = 1;
  /** True while `bytes` is a chunk of the socket's. */
  #borrowed = false;
  /** True while a handler that is pending may hold views of `bytes`. */
  #pinned = false;

  get length(): number {
    return this.end - this.start;
  }

  view(offset: number, length: number): Uint8Array {
    // The whole of it is the usual message of a peer that waits for each answer.
    if (length === this.bytes.length) return this.bytes;
    return this.bytes.subarray(this.start + offset, this.start + offset + length);
  }

  consume(count: number): void {
    this.start += count;
    this.needed = 1;
  }

  expect(count: number): void {
    this.needed = count;
  }

  /**
   * Adds the first `length` bytes of `chunk`, which is only borrowed until
   * {@linkcode GrowingReceiveBuffer.giveBack}.
   */
  add(chunk: Uint8Array, length: number): void {
    if (this.start === this.end) {
      this.#release();
      this.#pinned = false;
      this.bytes = chunk;
      this.start = 0;
      this.end = length;
      this.#borrowed = true;
      return;
    }
    this.#reserve(length);
    this.bytes.set(length === chunk.length ? chunk : chunk.subarray(0, length), this.end);
    this.end += length;
  }

  /**
   * Gives a borrowed chunk back: what is left of it is copied.
   *
   * @returns True if the chunk has to be kept for a handler that is pending.
   */
  giveBack(): boolean {
    if (this.#pinned) return true;
    if (this.start === this.end) this.#release();
    else if (this.#borrowed) this.#reserve(0);
    return false;
  }

  /** Keeps what views may point at until {@linkcode GrowingReceiveBuffer.unpin}. */
  pin(): void {
    this.#pinned = true;
  }

  /** The handler is done: its views are no longer valid. */
  unpin(): void {
    this.#pinned = false;
  }

  /** Forgets all bytes. */
  clear(): void {
    this.#release();
  }

  #release(): void {
    if (!this.#borrowed && !this.#pinned) returnBlock(this.bytes);
    this.bytes = NO_BLOCK;
    this.start = 0;
    this.end = 0;
    this.#borrowed = false;
  }

  /** Makes room for `count` more bytes behind the unread ones, in memory of its own. */
  #reserve(count: number): void {
    const { bytes, start, end } = this;
    const own = !this.#borrowed && !this.#pinned;
    const length = end - start;
    if (own && end + count <= bytes.length) return;
    if (own && start > bytes.length / 2 && length + count <= bytes.length) {
      bytes.copyWithin(0, start, end);
    } else {
      const size = Math.max(length + count, own ? bytes.length * 2 : 0);
      const room = size <= BLOCK_SIZE ? takeBlock(size) : new Uint8Array(size);
      room.set(bytes.subarray(start, end));
      if (own) returnBlock(bytes);
      this.bytes = room;
      this.#borrowed = false;
      this.#pinned = false;
    }
    this.start = 0;
    this.end = length;
  }
}
