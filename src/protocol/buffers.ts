/**
 * The bytes received and the bytes to be sent, as a session sees them.
 *
 * @module
 */

/**
 * The bytes a peer has sent that no message has taken yet: `bytes[start]` up to `bytes[end]`.
 */
export interface ReceiveBuffer {
  /** The backing array. It may be another one at the next call: do not keep it. */
  readonly bytes: Uint8Array;
  /** Where the first unread byte stands. */
  readonly start: number;
  /** Where the last unread byte ends. */
  readonly end: number;
  /** How many bytes are unread. */
  readonly length: number;
  /** A view of `length` unread bytes that begins `offset` bytes into them. */
  view(offset: number, length: number): Uint8Array;
  /** Takes `count` bytes off the front. */
  consume(count: number): void;
  /** Not to be asked again before `count` bytes are there. */
  expect(count: number): void;
}

/**
 * The bytes that are to be sent. `bytes` and `end` are there to be written to directly: call
 * {@linkcode SendBuffer.ensure} first, write from `bytes[end]` on, then move `end`.
 */
export interface SendBuffer {
  /** The array that is being filled. It may be another one after each call. */
  readonly bytes: Uint8Array;
  /** Where the next byte goes. */
  end: number;
  /** Makes room for `count` bytes from `bytes[end]` on, in one piece. */
  ensure(count: number): void;
  /** Appends a copy of `bytes`. */
  copy(bytes: Uint8Array): void;
  /** Appends `bytes` themselves, often without a copy: they must not change. */
  give(bytes: Uint8Array): void;
  /** Appends `text` in UTF-8 and returns how many bytes it took. */
  text(text: string): number;
  /**
   * Appends what `write` makes of `text`, before anything else is appended or sent. Texts that come
   * one after the other with the same `write` may be given to it together: encoding many short texts
   * in one call costs a fraction.
   */
  later(text: string, write: (texts: readonly string[], out: SendBuffer) => void): void;
}
