/**
 * permessage-deflate's two halves (RFC 7692 section 7.2), over zlib in JavaScript.
 *
 * The runtimes' own zlib keeps a context from one message to the next only in asynchronous streams,
 * which cost a thread's round trip a message, and would let messages overtake each other; its
 * synchronous functions start anew each time. pako is zlib itself, synchronous with its context,
 * and for short messages cheaper than either.
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

/** The method, the only one there is. */
const DEFLATED = 8;
/** zlib's default, of 1 to 9. */
const MEMORY_LEVEL = 8;
/** How many bytes zlib gives out at once. */
const CHUNK_SIZE = 64 * 1024;
/** What ends a flush: taken off by the sender, put back by the receiver. */
const TAIL = new Uint8Array([0x00, 0x00, 0xff, 0xff]);

/** Calls never overlap, so one array serves all connections. */
let scratch = new Uint8Array(CHUNK_SIZE);
const chunk = new Uint8Array(CHUNK_SIZE);

/** What a {@linkcode Deflater} is made with. */
export interface DeflaterOptions {
  /** The window, as a power of two: 8 to 15. */
  windowBits: number;
  /** The effort: 1 (fast) to 9 (small). */
  level: number;
  /** True if the window is kept from message to message. */
  takeover: boolean;
}

/** Compresses a connection's messages. */
export class Deflater {
  /** What deflaters that make the same bytes of a message by itself have in common. */
  readonly kind: number;
  readonly #options: DeflaterOptions;
  /** Where the window is kept from message to message; undefined before the first one. */
  #stream: ZStream | undefined;
  /** True if the window holds messages. */
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
   * Compresses one message without those before it, which are not touched.
   *
   * @param payload The message; not empty.
   * @returns The frame's payload, valid until the next call.
   */
  compressAlone(payload: Uint8Array): Uint8Array {
    // A stream that keeps nothing from message to message serves all connections.
    let stream = sharedStreams.get(this.kind);
    if (stream === undefined) sharedStreams.set(this.kind, stream = openDeflate(this.#options));
    else zlibDeflateReset(stream);
    return deflate(stream, payload);
  }

  /** Forgets the messages so far: the next one refers to none before it. */
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

/** zlib makes no window of 8 bits; of 9 it uses the last 250 bytes, which an 8-bit window holds. */
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

/** The end of a short message is put behind it: the call of zlib costs the most. */
const MAX_JOINED_SIZE = 2 * 1024;
const joined = new Uint8Array(MAX_JOINED_SIZE + TAIL.length);

/**
 * Takes a piece of what was inflated: the first `length` of `bytes`, valid during the call; if it is the
 * `last` one, until the next message is inflated.
 */
export type InflateSink = (bytes: Uint8Array, length: number, last: boolean) => void;

/** Inflates a connection's messages, piece by piece as they arrive. */
export class Inflater {
  readonly #windowBits: number;
  readonly #takeover: boolean;
  #stream: ZStream | undefined;

  /** @param options The window, and whether it is kept from message to message. */
  constructor(options: { windowBits: number; takeover: boolean }) {
    this.#windowBits = options.windowBits;
    this.#takeover = options.takeover;
  }

  /**
   * Inflates a piece of a message.
   *
   * @param bytes The array that holds it.
   * @param range Where it begins and ends.
   * @param sink Takes what comes out; where it throws, the inflater is spent.
   * @throws {WebSocketError} 1007 where the bytes cannot be inflated.
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
      // A final block may end the deflate stream within the message; the window lives on.
      if (status === Z_STREAM_END) beginBlock(stream);
      else if (status !== Z_OK && status !== Z_BUF_ERROR) throw notInflatable(stream.msg);
    } while (stream.avail_in > 0 || stream.avail_out === 0);
    stream.input = stream.output = NOTHING;
  }

  /**
   * Inflates the last piece of a message.
   *
   * @param bytes The array that holds it.
   * @param range Where it begins and ends.
   * @param sink Takes what comes out; where it throws, the inflater is spent.
   * @throws {WebSocketError} 1007 where the bytes cannot be inflated.
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

/** Streams that connections without takeover leave to the next message, by window bits. */
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
 * After a final block another one may follow. zlib's own function also makes new tables, which costs more
 * than a block of two bytes: a message may have nothing but those.
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
