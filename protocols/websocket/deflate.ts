/**
 * Both directions of permessage-deflate (RFC 7692 section 7.2), with zlib in JavaScript.
 *
 * The runtimes' own zlib keeps its context between messages only in asynchronous streams. These
 * cost a round trip to a thread per message, and messages could overtake each other. Their
 * synchronous functions start without context each time. pako is a port of zlib, synchronous, keeps
 * its context, and is faster than both for short messages.
 *
 * @module
 */

import {
  Z_BUF_ERROR,
  Z_DEFAULT_STRATEGY,
  Z_OK,
  Z_STREAM_END,
  Z_SYNC_FLUSH,
  zlibDeflate,
  zlibDeflateInit2,
  zlibDeflateReset,
  zlibInflate,
  zlibInflateInit2,
  zlibInflateReset,
  ZStream,
} from "pako";
import { INVALID_PAYLOAD, WebSocketError } from "./close.ts";

/** The only method. */
const DEFLATED = 8;
/** zlib's default, from 1 to 9. */
const MEMORY_LEVEL = 8;
/** How many bytes zlib returns at once. */
const CHUNK_SIZE = 64 * 1024;
/** The end of a flush. The sender removes it, and the receiver adds it. */
const TAIL = new Uint8Array([0x00, 0x00, 0xff, 0xff]);

/** Calls never overlap, so one array serves all connections. */
let scratch = new Uint8Array(CHUNK_SIZE);
const chunk = new Uint8Array(CHUNK_SIZE);

/** Options of a {@linkcode Deflater}. */
export interface DeflaterOptions {
  /** The window, as a power of two: 8 to 15. */
  windowBits: number;
  /** The effort: 1 (fast) to 9 (small). */
  level: number;
  /** True if the window is kept between messages. */
  takeover: boolean;
}

/** Compresses a connection's messages. */
export class Deflater {
  /** Deflaters of the same kind produce the same bytes for a message without context. */
  readonly kind: number;
  readonly #options: DeflaterOptions;
  /** The stream that keeps the window between messages; undefined before the first one. */
  #stream: ZStream | undefined;
  /** True if the window contains messages. */
  #used = false;

  /** @param options The window and the effort. */
  constructor(options: DeflaterOptions) {
    this.#options = options;
    this.kind = options.windowBits * 16 + options.level;
  }

  /**
   * Compresses one message.
   *
   * @param payload The message; not empty.
   * @returns The frame's payload, valid until the next call.
   */
  compress(payload: Uint8Array): Uint8Array {
    if (!this.#options.takeover) return this.compressAlone(payload);
    this.#used = true;
    return deflate(this.#stream ??= openDeflate(this.#options), payload);
  }

  /**
   * Compresses one message without the context of earlier ones, which stays unchanged.
   *
   * @param payload The message; not empty.
   * @returns The frame's payload, valid until the next call.
   */
  compressAlone(payload: Uint8Array): Uint8Array {
    // A stream that keeps nothing between messages can serve all connections.
    let stream = sharedStreams.get(this.kind);
    if (stream === undefined) sharedStreams.set(this.kind, stream = openDeflate(this.#options));
    else zlibDeflateReset(stream);
    return deflate(stream, payload);
  }

  /** Drops the context: the next message refers to none before it. */
  reset(): void {
    if (!this.#used) return;
    this.#used = false;
    zlibDeflateReset(this.#stream!);
  }
}

const sharedStreams = new Map<number, ZStream>();
const NOTHING = new Uint8Array(0);

function deflate(stream: ZStream, payload: Uint8Array): Uint8Array {
  stream.input = payload;
  stream.next_in = 0;
  stream.avail_in = payload.length;
  stream.next_out = 0;
  do {
    if (stream.next_out === scratch.length) scratch = enlarged(scratch);
    stream.output = scratch;
    stream.avail_out = scratch.length - stream.next_out;
    zlibDeflate(stream, Z_SYNC_FLUSH);
  } while (stream.avail_out === 0);
  const length = stream.next_out - TAIL.length;
  stream.input = stream.output = NOTHING;
  return scratch.subarray(0, length);
}

/**
 * zlib has no window of 8 bits. Of 9 bits it uses the last 250 bytes, which an 8-bit window holds.
 */
function openDeflate({ windowBits, level }: DeflaterOptions): ZStream {
  const stream = new ZStream();
  const status = zlibDeflateInit2(
    stream,
    level,
    DEFLATED,
    -Math.max(windowBits, 9),
    MEMORY_LEVEL,
    Z_DEFAULT_STRATEGY,
  );
  if (status !== Z_OK) throw new Error(`Cannot open the compressor: zlib returned ${status}`);
  return stream;
}

function enlarged(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(bytes.length * 2);
  larger.set(bytes);
  return larger;
}

/** The tail is appended to messages up to this size, because each call of zlib is expensive. */
const MAX_JOINED_SIZE = 2 * 1024;
const joined = new Uint8Array(MAX_JOINED_SIZE + TAIL.length);

/**
 * Receives inflated bytes: the first `length` of `bytes`, valid during the call. For the `last`
 * piece they are valid until the next message is inflated.
 */
export type InflateSink = (bytes: Uint8Array, length: number, last: boolean) => void;

/** Inflates a connection's messages, piece by piece as they arrive. */
export class Inflater {
  readonly #windowBits: number;
  readonly #takeover: boolean;
  #stream: ZStream | undefined;

  /** @param options The window, and whether it is kept between messages. */
  constructor(options: { windowBits: number; takeover: boolean }) {
    this.#windowBits = options.windowBits;
    this.#takeover = options.takeover;
  }

  /**
   * Inflates a piece of a message.
   *
   * @param bytes The array that holds it.
   * @param range Where the piece starts and ends.
   * @param sink Receives the inflated bytes. If it throws, the inflater cannot be used any more.
   * @throws {WebSocketError} 1007 if the bytes cannot be inflated.
   */
  push(bytes: Uint8Array, range: { start: number; end: number }, sink: InflateSink): void {
    this.#inflate(bytes, range, sink, false);
  }

  #inflate(
    bytes: Uint8Array,
    range: { start: number; end: number },
    sink: InflateSink,
    ends: boolean,
  ): void {
    const stream = this.#stream ??= openInflate(this.#windowBits);
    stream.input = bytes;
    stream.next_in = range.start;
    stream.avail_in = range.end - range.start;
    do {
      stream.output = chunk;
      stream.next_out = 0;
      stream.avail_out = chunk.length;
      const status = zlibInflate(stream, Z_SYNC_FLUSH);
      if (stream.next_out > 0) {
        sink(chunk, stream.next_out, ends && stream.avail_in === 0 && stream.avail_out > 0);
      }
      // A final block can end the deflate stream within the message, but the window remains.
      if (status === Z_STREAM_END) beginBlock(stream);
      else if (status !== Z_OK && status !== Z_BUF_ERROR) throw notInflatable(stream.msg);
    } while (stream.avail_in > 0 || stream.avail_out === 0);
    stream.input = stream.output = NOTHING;
  }

  /**
   * Inflates the last piece of a message.
   *
   * @param bytes The array that holds it.
   * @param range Where the piece starts and ends.
   * @param sink Receives the inflated bytes. If it throws, the inflater cannot be used any more.
   * @throws {WebSocketError} 1007 if the bytes cannot be inflated.
   */
  finish(bytes: Uint8Array, range: { start: number; end: number }, sink: InflateSink): void {
    const { start, end } = range;
    const length = end - start;
    if (length <= MAX_JOINED_SIZE) {
      joined.set(bytes.subarray(start, end));
      joined.set(TAIL, length);
      this.#inflate(joined, { start: 0, end: length + TAIL.length }, sink, true);
    } else {
      this.push(bytes, range, sink);
      this.#inflate(TAIL, { start: 0, end: TAIL.length }, sink, true);
    }
    if (this.#takeover) return;
    const stream = this.#stream!;
    this.#stream = undefined;
    zlibInflateReset(stream);
    const spare = spareStreams.get(this.#windowBits) ?? [];
    if (spare.length < MAX_SPARE) spare.push(stream);
    spareStreams.set(this.#windowBits, spare);
  }
}

/** Streams that can be reused for any message without context, by window bits. */
const spareStreams = new Map<number, ZStream[]>();
const MAX_SPARE = 16;

function openInflate(windowBits: number): ZStream {
  const spare = spareStreams.get(windowBits)?.pop();
  if (spare !== undefined) return spare;
  const stream = new ZStream();
  const status = zlibInflateInit2(stream, -windowBits);
  if (status !== Z_OK) throw new Error(`Cannot open the inflater: zlib returned ${status}`);
  return stream;
}

/**
 * Prepares for another block after a final one. zlib's own function would also rebuild its tables,
 * which costs more than a block of two bytes, and a message can consist of only such blocks.
 */
function beginBlock({ state }: ZStream): void {
  state.mode = FIRST_MODE;
  state.last = state.hold = state.bits = 0;
}

/** The state of an inflater before its first block. */
const FIRST_MODE: number = openInflate(15).state.mode;

function notInflatable(message: string): WebSocketError {
  return new WebSocketError(INVALID_PAYLOAD, `The message cannot be inflated: ${message}`);
}
