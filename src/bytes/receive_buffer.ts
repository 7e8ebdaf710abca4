/**
 * Received bytes that are not yet part of a message.
 *
 * @module
 */

import type { ReceiveBuffer } from "../protocol/buffers.ts";
import { BLOCK_SIZE, NO_BLOCK, returnBlock, takeBlock } from "./block_pool.ts";

/**
 * A growing buffer with a start and an end. If it is empty, it uses the next chunk without a copy,
 * and later copies only what the messages have left of it. Adding takes amortised linear time,
 * however the bytes are split.
 */
export class GrowingReceiveBuffer implements ReceiveBuffer {
  bytes: Uint8Array = NO_BLOCK;
  start = 0;
  end = 0;
  /** How many bytes must be there before the protocol is called again. */
  needed = 1;
  /** True while `bytes` is a chunk that belongs to the socket. */
  #borrowed = false;
  /** True while a pending handler may hold views of `bytes`. */
  #pinned = false;

  get length(): number {
    return this.end - this.start;
  }

  view(offset: number, length: number): Uint8Array {
    // The usual case: a peer that waits for each reply sends one message per chunk.
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
   * Adds the first `length` bytes of `chunk`, which is borrowed until
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
   * Returns a borrowed chunk, after copying what is left of it.
   *
   * @returns True if the chunk must be kept for a pending handler.
   */
  giveBack(): boolean {
    if (this.#pinned) return true;
    if (this.start === this.end) this.#release();
    else if (this.#borrowed) this.#reserve(0);
    return false;
  }

  /** Keeps the memory that views may refer to until {@linkcode GrowingReceiveBuffer.unpin}. */
  pin(): void {
    this.#pinned = true;
  }

  /** The handler has settled: its views are no longer valid. */
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

  /** Makes room for `count` more bytes after the unread ones, in memory of its own. */
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
