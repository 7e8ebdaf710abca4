/**
 * Bytes that are queued to be written.
 *
 * @module
 */

import type { SendBuffer } from "../protocol/buffers.ts";
import { BLOCK_SIZE, NO_BLOCK, returnBlock, takeBlock } from "./block_pool.ts";
import { encodeOnce } from "./encoded_text.ts";
import { copyOf, isFixed, sizeOf } from "./outgoing.ts";

/** Arrays of at least this size are queued as they are; smaller ones are cheaper to copy. */
const MIN_GIVEN_SIZE = 4 * 1024;

/**
 * Text of at least this length is encoded by the runtime; for shorter text, the call costs more.
 */
const MIN_ENCODED_LENGTH = 64;

const encoder = new TextEncoder();

/** How many UTF-16 units can be deferred before they are written. */
const MAX_LATER_LENGTH = 4 * 1024;

/** Bytes to which nothing is added: the first `length` of an array. */
interface Sealed {
  bytes: Uint8Array;
  length: number;
  /** True if the array is a block of the pool. */
  block: boolean;
}

/**
 * A queue of byte arrays, the last of which is still being filled. What a turn writes is collected
 * in one block and written once; see {@linkcode WriteQueue.next}.
 */
export class WriteQueue implements SendBuffer {
  bytes: Uint8Array = NO_BLOCK;
  end = 0;
  /** True while writing a message whose bytes never change: large ones need no copy. */
  immutable = false;
  /** The arrays before `bytes`, in order. */
  #sealed: Sealed[] | undefined;
  #sealedLength = 0;
  /** The array that is being written: see {@linkcode WriteQueue.next}. */
  piece: Uint8Array = NO_BLOCK;
  /** True if `piece` is a block of the pool. */
  #pieceIsBlock = false;

  /**
   * Bytes that were given as they are and are alone in the queue: they need no copy until others
   * follow.
   */
  #sole: Uint8Array | undefined;

  /** Deferred texts, and the function that writes them. */
  #later: string[] | undefined;
  #laterLength = 0;
  #write: ((texts: readonly string[], out: SendBuffer) => void) | undefined;

  /** How many bytes are queued, without those that `next` has returned. */
  get length(): number {
    return this.#sealedLength + this.end + this.#laterLength + (this.#sole?.length ?? 0);
  }

  later(text: string, write: (texts: readonly string[], out: SendBuffer) => void): void {
    if (this.#write !== write) {
      this.#writeDelayed();
      this.#write = write;
    }
    (this.#later ??= []).push(text);
    this.#laterLength += text.length;
    if (this.#laterLength >= MAX_LATER_LENGTH) this.#writeDelayed();
  }

  ensure(count: number): void {
    if (this.#write !== undefined || this.#sole !== undefined) this.#writeDelayed();
    const { bytes, end } = this;
    if (bytes.length - end >= count) return;
    if (bytes.length < BLOCK_SIZE && end + count <= BLOCK_SIZE) {
      this.bytes = takeBlock(end + count);
      this.bytes.set(end === bytes.length ? bytes : bytes.subarray(0, end));
      returnBlock(bytes);
      return;
    }
    this.#seal();
    this.bytes = count <= BLOCK_SIZE ? takeBlock(count) : new Uint8Array(count);
  }

  copy(bytes: Uint8Array): void {
    const size = sizeOf(bytes);
    if (this.immutable && size === bytes.length && size >= MIN_GIVEN_SIZE) return this.give(bytes);
    if (size > BLOCK_SIZE) return this.#append(copyOf(bytes));
    this.ensure(size);
    this.bytes.set(bytes, this.end);
    this.end += size;
  }

  give(bytes: Uint8Array): void {
    const size = sizeOf(bytes);
    if (size !== bytes.length) this.copy(bytes);
    else if (size >= MIN_GIVEN_SIZE) this.#append(isFixed(bytes) ? bytes : copyOf(bytes));
    else if (this.length === 0 && this.#write === undefined) this.#sole = bytes;
    else this.copy(bytes);
  }

  text(text: string): number {
    const length = text.length;
    if (length < MIN_ENCODED_LENGTH) {
      this.ensure(length * 3);
      const { bytes, end } = this;
      let at = 0;
      while (at < length) {
        const unit = text.charCodeAt(at);
        if (unit > 0x7f) return this.#encode(text);
        bytes[end + at++] = unit;
      }
      this.end = end + length;
      return length;
    }
    if (length * 3 <= BLOCK_SIZE) return this.#encode(text);
    const encoded = encodeOnce(text);
    this.give(encoded);
    return encoded.length;
  }

  /**
   * Dequeues what to write next: the first bytes of {@linkcode WriteQueue.piece}. It is not a view,
   * because creating one costs time. Call {@linkcode WriteQueue.done} when they are written.
   *
   * @returns How many bytes; 0 if the queue is empty.
   */
  next(): number {
    const sole = this.#sole;
    if (sole !== undefined) {
      this.#sole = undefined;
      this.piece = sole;
      this.#pieceIsBlock = false;
      return sole.length;
    }
    if (this.#write !== undefined) this.#writeDelayed();
    const sealed = this.#sealed;
    if (sealed !== undefined && sealed.length > 0) {
      const { bytes, length, block } = sealed.shift()!;
      this.#sealedLength -= length;
      this.piece = bytes;
      this.#pieceIsBlock = block;
      return length;
    }
    const length = this.end;
    if (length === 0) return 0;
    this.piece = this.bytes;
    this.#pieceIsBlock = true;
    this.bytes = NO_BLOCK;
    this.end = 0;
    return length;
  }

  /** Dequeues everything, in one new array. */
  takeAll(): Uint8Array {
    const all = new Uint8Array(this.length);
    let at = 0;
    for (let length = this.next(); length > 0; length = this.next()) {
      all.set(this.piece.subarray(0, length), at);
      at += length;
      this.done();
    }
    return all;
  }

  /** What `next` returned is written. */
  done(): void {
    if (this.#pieceIsBlock) returnBlock(this.piece);
    this.piece = NO_BLOCK;
  }

  /** Drops all bytes. */
  clear(): void {
    this.#later = undefined;
    this.#laterLength = 0;
    this.#write = undefined;
    this.#sole = undefined;
    returnBlock(this.bytes);
    this.bytes = NO_BLOCK;
    this.end = 0;
    this.#sealed = undefined;
    this.#sealedLength = 0;
  }

  /** Writes deferred texts, and copies an array that is no longer alone. */
  #writeDelayed(): void {
    const sole = this.#sole;
    this.#sole = undefined;
    if (sole !== undefined) this.copy(sole);
    const write = this.#write;
    if (write === undefined) return;
    const texts = this.#later!;
    this.#later = undefined;
    this.#laterLength = 0;
    this.#write = undefined;
    write(texts, this);
  }

  #append(bytes: Uint8Array): void {
    if (this.#write !== undefined || this.#sole !== undefined) this.#writeDelayed();
    this.#seal();
    this.#push({ bytes, length: bytes.length, block: false });
  }

  #push(sealed: Sealed): void {
    (this.#sealed ??= []).push(sealed);
    this.#sealedLength += sealed.length;
  }

  /** Closes the block that is being filled. */
  #seal(): void {
    if (this.end === 0) returnBlock(this.bytes);
    else this.#push({ bytes: this.bytes, length: this.end, block: true });
    this.bytes = NO_BLOCK;
    this.end = 0;
  }

  #encode(text: string): number {
    this.ensure(text.length * 3);
    const { written } = encoder.encodeInto(text, this.bytes.subarray(this.end));
    this.end += written;
    return written;
  }
}
