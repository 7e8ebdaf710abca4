/**
 * The received bytes and the bytes to be sent, for a session.
 *
 * @module
 */

/**
 * Received bytes that are not yet part of a message: `bytes[start]` up to `bytes[end]`.
 */
export interface ReceiveBuffer {
  /** The backing array. It can change between calls, so do not keep it. */
  readonly bytes: Uint8Array;
  /** The index of the first unread byte. */
  readonly start: number;
  /** The index after the last unread byte. */
  readonly end: number;
  /** How many bytes are unread. */
  readonly length: number;
  /** A view of `length` unread bytes, starting at `offset`. */
  view(offset: number, length: number): Uint8Array;
  /** Removes `count` bytes from the start. */
  consume(count: number): void;
  /** The session is not called again before `count` bytes are there. */
  expect(count: number): void;
}

/**
 * The bytes to be sent. To write directly, call {@linkcode SendBuffer.ensure}, write from
 * `bytes[end]`, then increase `end`.
 */
export interface SendBuffer {
  /** The array that is being filled. It can change with each call. */
  readonly bytes: Uint8Array;
  /** The index of the next byte. */
  end: number;
  /** Makes room for `count` contiguous bytes from `bytes[end]`. */
  ensure(count: number): void;
  /** Appends a copy of `bytes`. */
  copy(bytes: Uint8Array): void;
  /** Appends `bytes` themselves, often without a copy, so they must not change. */
  give(bytes: Uint8Array): void;
  /** Appends `text` as UTF-8 and returns how many bytes it took. */
  text(text: string): number;
  /**
   * Defers `text`: `write` appends it before anything else is appended or sent. Consecutive texts
   * with the same `write` can be written in one call: encoding many short texts together costs a
   * fraction.
   */
  later(text: string, write: (texts: readonly string[], out: SendBuffer) => void): void;
}
