/**
 * Turns received frames into messages (RFC 6455 sections 5 and 8.1).
 *
 * @module
 */

import { isUtf8, Utf8Validator } from "../../src/bytes/utf8.ts";
import { decodeLatin1, decodeText } from "../../src/runtime/bytes/text.ts";
import type { ReceiveBuffer } from "../../src/protocol/buffers.ts";
import { MORE } from "../../src/protocol/session.ts";
import { INVALID_PAYLOAD, PROTOCOL_FAULT, TOO_LARGE, WebSocketError } from "./close.ts";
import type { Inflater, InflateSink } from "./deflate.ts";
import { CLOSE, CONTINUATION, FrameHeader, TEXT } from "./frame.ts";
import { applyMask, turnKey } from "./mask.ts";
import { mayBeBatch, TextBatch } from "./text_batch.ts";

/** The initial capacity, at most, for a payload that has not completely arrived, in bytes. */
const FIRST_CAPACITY = 4096;

/**
 * How many bytes a connection's messages may inflate to regardless of their size, because some
 * messages are nearly uniform. This takes about as long as a TLS handshake, once per connection.
 */
const INFLATION_ALLOWANCE = 1024 * 1024;

/** Used when no message has begun, so that idle connections hold no array. */
const NO_BYTES = new Uint8Array(0);

/** Shared by all connections: each header is used before the next one is read. */
const header = new FrameHeader();

/** Options of a {@linkcode FrameReceiver}. */
export interface FrameReceiverOptions {
  /** True on a server, because clients mask their frames. */
  masked: boolean;
  /** The largest message, in bytes as sent. */
  maxMessageSize: number;
  /** The largest message, in bytes after inflating. */
  maxInflatedSize: number;
  /** How many times their size all compressed messages together may inflate to. */
  maxInflationRatio: number;
  /** Undefined if permessage-deflate was not negotiated. */
  inflater: Inflater | undefined;
}

/** The owner of a {@linkcode FrameReceiver}. */
export interface FrameReceiverOwner {
  /** Handles a control frame, in order with the messages; `payload` is valid during the call. */
  control(opcode: number, payload: Uint8Array): void;
}

/**
 * Extracts messages from a connection's bytes. It is either between two frames, or in the payload
 * of a data frame with `remaining` bytes to come. Control frames are read whole.
 */
export class FrameReceiver {
  readonly #owner: FrameReceiverOwner;
  readonly #masked: boolean;
  readonly #maxMessageSize: number;
  readonly #maxInflatedSize: number;
  readonly #maxInflationRatio: number;
  readonly #inflater: Inflater | undefined;
  /** Created when several messages arrive together. */
  #batch: TextBatch | undefined;
  /** Created when a text does not arrive whole. */
  #validator: Utf8Validator | undefined;
  /** The opcode of the current message; CONTINUATION if there is none. */
  #opcode = CONTINUATION;
  #compressed = false;
  /** The sizes of all compressed messages so far: received, and inflated. */
  #deflatedSize = 0;
  #inflatedSize = 0;
  #sink: InflateSink | undefined;
  /** True if the current frame is the last of the message. */
  #final = false;
  /** True from a data frame's header to the end of its payload. */
  #inPayload = false;
  #remaining = 0;
  /** The payload size of the current message, from its headers so far. */
  #received = 0;
  #key = 0;
  /** The assembled part of the message: `#bytes[0]` up to `#bytes[#length]`. */
  #bytes: Uint8Array = NO_BYTES;
  #length = 0;

  /**
   * @param owner Handles control frames.
   * @param options What to accept.
   */
  constructor(owner: FrameReceiverOwner, options: FrameReceiverOptions) {
    this.#owner = owner;
    this.#masked = options.masked;
    this.#maxMessageSize = options.maxMessageSize;
    this.#maxInflatedSize = options.maxInflatedSize;
    this.#maxInflationRatio = options.maxInflationRatio;
    this.#inflater = options.inflater;
  }

  /** True if a message has begun and not ended. */
  get unfinished(): boolean {
    return this.#inPayload || this.#opcode !== CONTINUATION;
  }

  /** How many bytes of a frame's payload are still to come. */
  get payload(): number {
    return this.#inPayload ? this.#remaining : 0;
  }

  /**
   * Reads the next message, and the control frames before it.
   *
   * @param buffer The bytes received.
   * @returns The message: text, or bytes that are valid until the next call.
   * @throws {WebSocketError} If the bytes are not valid.
   */
  read(buffer: ReceiveBuffer): string | Uint8Array | typeof MORE {
    while (true) {
      if (!this.#inPayload) {
        if (this.#opcode === CONTINUATION) {
          const text = this.#takeFromBatch(buffer);
          if (text !== undefined) return text;
        }
        const size = header.read(buffer, this.#masked);
        const { opcode } = header;
        if (opcode >= CLOSE) {
          // Everything after a close frame is ignored (RFC 6455 section 5.5.1).
          if (!this.#readControl(buffer, size) || opcode === CLOSE) return MORE;
          continue;
        }
        if (size === 0) return MORE;
        this.#checkData();
        const whole = size + header.length;
        if (
          header.final && header.opcode !== CONTINUATION && !header.compressed &&
          buffer.end - buffer.start >= whole
        ) {
          return this.#takeWhole(buffer, size);
        }
        buffer.consume(size);
        this.#begin();
      }
      this.#takePayload(buffer);
      if (this.#remaining > 0) return MORE;
      this.#inPayload = false;
      if (this.#final) return this.#finish();
    }
  }

  /** Reads a text that has arrived with others; undefined if its frame needs a full check. */
  #takeFromBatch(buffer: ReceiveBuffer): string | undefined {
    if (this.#batch === undefined) {
      if (!mayBeBatch(buffer, this.#masked)) return undefined;
      this.#batch = new TextBatch(this.#masked);
    }
    return this.#batch.take(buffer, this.#maxMessageSize);
  }

  /** Reads a control frame; false if it is incomplete. */
  #readControl(buffer: ReceiveBuffer, size: number): boolean {
    const { compressed, opcode, length, key } = header;
    if (compressed) throw new WebSocketError(PROTOCOL_FAULT, "A control frame has RSV1 set");
    if (size === 0) return false;
    if (buffer.length < size + length) {
      buffer.expect(size + length);
      return false;
    }
    const start = buffer.start + size;
    applyMask(buffer.bytes, start, start + length, key);
    const payload = buffer.view(size, length);
    buffer.consume(size + length);
    this.#owner.control(opcode, payload);
    return true;
  }

  /** Checks which data frame may follow (RFC 6455 section 5.4), and its length. */
  #checkData(): void {
    const { opcode, compressed, length } = header;
    const continues = opcode === CONTINUATION;
    if (continues !== (this.#opcode !== CONTINUATION)) {
      throw new WebSocketError(
        PROTOCOL_FAULT,
        continues
          ? "A continuation frame without a started message"
          : "A new message inside a fragmented one",
      );
    }
    if (compressed && (continues || this.#inflater === undefined)) {
      throw new WebSocketError(
        PROTOCOL_FAULT,
        "RSV1 is set, but the frame is not the start of a compressed message",
      );
    }
    const before = continues ? this.#received : 0;
    if (before + length > this.#maxMessageSize) throw tooLarge(this.#maxMessageSize);
  }

  /** Reads a message in one complete frame, without a copy. */
  #takeWhole(buffer: ReceiveBuffer, size: number): string | Uint8Array {
    const { opcode, length, key } = header;
    const start = buffer.start + size;
    const end = start + length;
    const { bytes } = buffer;
    if (length === 0) {
      buffer.consume(size);
      return opcode === TEXT ? "" : NO_BYTES;
    }
    const ascii = applyMask(bytes, start, end, key);
    if (opcode !== TEXT) {
      const payload = buffer.view(size, length);
      buffer.consume(size + length);
      return payload;
    }
    if (!ascii && !isUtf8(bytes, { start, end })) throw notUtf8();
    const text = ascii ? decodeLatin1(bytes, start, end) : decodeText(bytes, start, end);
    buffer.consume(size + length);
    return text;
  }

  /** Begins the payload after a data frame's header. */
  #begin(): void {
    const { opcode, compressed, final, length, key } = header;
    if (opcode !== CONTINUATION) {
      this.#opcode = opcode;
      this.#compressed = compressed;
      this.#received = 0;
      this.#validator?.reset();
    }
    this.#received += length;
    this.#final = final;
    this.#inPayload = true;
    this.#remaining = length;
    this.#key = key;
  }

  /** Consumes the available part of the payload. */
  #takePayload(buffer: ReceiveBuffer): void {
    const count = Math.min(buffer.length, this.#remaining);
    if (count === 0) {
      if (this.#compressed && this.#final && this.#remaining === 0) this.#inflate(NO_BYTES, 0, 0);
      return;
    }
    const { bytes, start } = buffer;
    const ascii = applyMask(bytes, start, start + count, this.#key);
    this.#key = turnKey(this.#key, count);
    this.#remaining -= count;
    if (this.#compressed) this.#inflate(bytes, start, start + count);
    else this.#append(bytes, start, start + count, ascii);
    buffer.consume(count);
  }

  #inflate(bytes: Uint8Array, start: number, end: number): void {
    this.#deflatedSize += end - start;
    const sink = this.#sink ??= (inflated, length, last) =>
      this.#appendInflated(inflated, length, last);
    if (this.#final && this.#remaining === 0) this.#inflater!.finish(bytes, { start, end }, sink);
    else this.#inflater!.push(bytes, { start, end }, sink);
  }

  /** Appends inflated bytes. Text is validated once when it is complete. */
  #appendInflated(bytes: Uint8Array, length: number, last: boolean): void {
    if (this.#length + length > this.#maxInflatedSize) throw tooLarge(this.#maxInflatedSize);
    this.#inflatedSize += length;
    const ratio = this.#maxInflationRatio;
    if (this.#inflatedSize > INFLATION_ALLOWANCE + this.#deflatedSize * ratio) {
      throw new WebSocketError(
        TOO_LARGE,
        `The messages inflate to more than ${ratio} times their size (maxInflationRatio)`,
      );
    }
    if (!last || this.#length > 0) return this.#add(bytes, 0, length);
    // This is the whole message: text is decoded in place.
    this.#bytes = this.#opcode === TEXT ? bytes : bytes.slice(0, length);
    this.#length = length;
  }

  /** Appends bytes, validates UTF-8, and grows the array as needed. */
  #append(bytes: Uint8Array, start: number, end: number, ascii: boolean): void {
    if (this.#opcode === TEXT) {
      const validator = this.#validator ??= new Utf8Validator();
      if (!(ascii && validator.complete) && !validator.push(bytes, start, end)) throw notUtf8();
    }
    this.#add(bytes, start, end);
  }

  #add(bytes: Uint8Array, start: number, end: number): void {
    const length = this.#length + end - start;
    if (length > this.#bytes.length) this.#grow(length);
    this.#bytes.set(
      end - start === bytes.length ? bytes : bytes.subarray(start, end),
      this.#length,
    );
    this.#length = length;
  }

  /** Does not trust the length in a header: the capacity is at most double of what has arrived. */
  #grow(length: number): void {
    const known = this.#final && !this.#compressed ? length + this.#remaining : Infinity;
    const wanted = Math.max(FIRST_CAPACITY, length * 2);
    const grown = new Uint8Array(Math.min(wanted, Math.max(known, length)));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }

  #finish(): string | Uint8Array {
    const compressed = this.#compressed;
    const text = this.#opcode === TEXT;
    const bytes = this.#bytes;
    const length = this.#length;
    this.#opcode = CONTINUATION;
    this.#compressed = false;
    this.#bytes = NO_BYTES;
    this.#length = 0;
    if (!text) return bytes.subarray(0, length);
    if (compressed) return decodeWhole(bytes, length);
    if (this.#validator?.complete === false) throw notUtf8();
    return decodeText(bytes, 0, length);
  }
}

/** Shorter texts are decoded faster without the decoder, because the call is expensive. */
const MIN_DECODED_SIZE = 256;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Decodes a text that has not been validated yet. */
function decodeWhole(bytes: Uint8Array, length: number): string {
  if (length < MIN_DECODED_SIZE) {
    if (!isUtf8(bytes, { end: length })) throw notUtf8();
    return decodeText(bytes, 0, length);
  }
  try {
    return decoder.decode(bytes.subarray(0, length));
  } catch {
    throw notUtf8();
  }
}

function notUtf8(): WebSocketError {
  return new WebSocketError(INVALID_PAYLOAD, "The text is not UTF-8");
}

function tooLarge(limit: number): WebSocketError {
  return new WebSocketError(TOO_LARGE, `The message is larger than ${limit} bytes`);
}
