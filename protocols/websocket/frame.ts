/**
 * The frame (RFC 6455 section 5.2): its header read, and whole frames written.
 *
 * @module
 */

import type { ReceiveBuffer, SendBuffer } from "../../src/protocol/buffers.ts";
import { encodeOnce } from "../../src/bytes/encoded_text.ts";
import { copyOf, sizeOf } from "../../src/bytes/outgoing.ts";
import { encodeText, JOIN_SHORT_TEXTS } from "../../src/runtime/bytes/text.ts";
import { MAX_CONTROL_SIZE, PROTOCOL_FAULT, WebSocketError } from "./close.ts";
import { applyMask, readKey } from "./mask.ts";

export const CONTINUATION = 0x0;
export const TEXT = 0x1;
export const BINARY = 0x2;
export const CLOSE = 0x8;
export const PING = 0x9;
export const PONG = 0xa;

/** The first byte's flags: the last frame of a message, and the extension's bit. */
export const FIN = 0x80;
export const RSV1 = 0x40;
const RESERVED_BITS = 0x70;
const OPCODE_BITS = 0x0f;
const MASK_BIT = 0x80;

/** Texts up to this many UTF-16 units are encoded where they are sent from, at three bytes each. */
const ENCODED_IN_PLACE = 16 * 1024;

/** Up to this size header and payload stand in one piece, in bytes. */
const MAX_GATHERED_SIZE = 16 * 1024;

/** A frame's header. One object is filled again for every frame of a connection. */
export class FrameHeader {
  /** True in the last frame of a message. */
  final = false;
  /** True if the extension's bit is set: the message is compressed. */
  compressed = false;
  /** What the frame is. */
  opcode = 0;
  /** The payload's length in bytes. */
  length = 0;
  /** The masking key; 0 where the frame is not masked, and masking with 0 changes nothing. */
  key = 0;

  /**
   * Reads the header at the front of `buffer`, which keeps it.
   *
   * @param buffer The bytes received.
   * @param masked Whether the peer's frames are to be masked.
   * @returns The header's length in bytes; 0 while more bytes are needed.
   * @throws {WebSocketError} 1002 where the header is not valid.
   */
  read(buffer: Pick<ReceiveBuffer, "bytes" | "start" | "end">, masked: boolean): number {
    const { bytes, start } = buffer;
    const available = buffer.end - start;
    if (available === 0) return 0;
    const first = bytes[start];
    this.#readFirstByte(first);
    if (available === 1) return 0;
    const second = bytes[start + 1];
    if (second >= MASK_BIT !== masked) {
      throw new WebSocketError(
        PROTOCOL_FAULT,
        masked ? "The frame is not masked" : "The frame is masked",
      );
    }
    const length = second & 0x7f;
    if (this.opcode >= CLOSE && (length > MAX_CONTROL_SIZE || first < FIN)) {
      throw new WebSocketError(PROTOCOL_FAULT, "The control frame is fragmented or over 125 bytes");
    }
    const size = (length < 126 ? 2 : length === 126 ? 4 : 10) + (masked ? 4 : 0);
    if (available < size) return 0;
    this.length = length < 126 ? length : readLength(bytes, start + 2, length === 126 ? 2 : 8);
    this.key = masked ? readKey(bytes, start + size - 4) : 0;
    return size;
  }

  #readFirstByte(first: number): void {
    this.final = first >= FIN;
    this.compressed = (first & RESERVED_BITS) === RSV1;
    this.opcode = first & OPCODE_BITS;
    if ((first & RESERVED_BITS & ~RSV1) !== 0) {
      throw new WebSocketError(PROTOCOL_FAULT, "Reserved bits are set");
    }
    if (this.opcode > BINARY && (this.opcode < CLOSE || this.opcode > PONG)) {
      throw new WebSocketError(PROTOCOL_FAULT, `The opcode is not known: ${this.opcode}`);
    }
  }
}

/** A 16-bit or 64-bit length, which must be as short as it can be. */
function readLength(bytes: Uint8Array, at: number, size: 2 | 8): number {
  let length = 0;
  for (let index = at; index < at + size; index++) length = length * 256 + bytes[index];
  if (bytes[at] >= 0x80 && size === 8) {
    throw new WebSocketError(PROTOCOL_FAULT, "The length's highest bit is set");
  }
  if (length < (size === 2 ? 126 : 0x10000)) {
    throw new WebSocketError(PROTOCOL_FAULT, "The length is not written in the shortest form");
  }
  return length;
}

/**
 * Random masking keys for a client's frames, drawn from the system in batches (RFC 6455 section
 * 10.3: they must not be predictable).
 */
const keys = new Int32Array(1024);
let nextKey = keys.length;

/** A fresh masking key. */
function randomKey(): number {
  if (nextKey === keys.length) {
    crypto.getRandomValues(keys);
    nextKey = 0;
  }
  return keys[nextKey++];
}

/** How long a frame's header is. */
function headerSize(length: number, masked: boolean): number {
  return (length < 126 ? 2 : length < 0x10000 ? 4 : 10) + (masked ? 4 : 0);
}

/** Writes a header to `bytes[at]`, for which there is room; `key` is undefined for a server. */
function writeHeader(
  bytes: Uint8Array,
  at: number,
  frame: { first: number; length: number; key: number | undefined },
): void {
  const { first, length, key } = frame;
  const mask = key === undefined ? 0 : MASK_BIT;
  bytes[at++] = first;
  if (length < 126) {
    bytes[at++] = mask | length;
  } else if (length < 0x10000) {
    bytes[at++] = mask | 126;
    bytes[at++] = length >> 8;
    bytes[at++] = length & 0xff;
  } else {
    bytes[at++] = mask | 127;
    for (let unit = 2 ** 56; unit >= 1; unit /= 256) bytes[at++] = Math.floor(length / unit) % 256;
  }
  if (key === undefined) return;
  for (let shift = 0; shift < 32; shift += 8) bytes[at++] = key >>> shift & 0xff;
}

/**
 * Appends a frame with `payload` to `out`.
 *
 * @param out Where to.
 * @param first The first byte: opcode and flags.
 * @param payload What the frame holds.
 * @param masked True for a client's frames.
 */
export function writeFrame(
  out: SendBuffer,
  first: number,
  payload: Uint8Array,
  masked: boolean,
): void {
  const length = sizeOf(payload);
  const size = headerSize(length, masked);
  if (!masked && length > MAX_GATHERED_SIZE) {
    startFrame(out, first, length);
    return out.copy(length === payload.length ? payload : copyOf(payload));
  }
  const key = masked ? randomKey() : undefined;
  out.ensure(size + length);
  const at = out.end;
  writeHeader(out.bytes, at, { first, length, key });
  out.bytes.set(payload, at + size);
  if (key !== undefined) applyMask(out.bytes, at + size, at + size + length, key);
  out.end = at + size + length;
}

/** Appends the header of a frame, not masked, whose payload follows. */
function startFrame(out: SendBuffer, first: number, length: number): void {
  const size = headerSize(length, false);
  out.ensure(size);
  writeHeader(out.bytes, out.end, { first, length, key: undefined });
  out.end += size;
}

/**
 * Makes a whole frame, not masked, for many connections to send.
 *
 * @param first The first byte: opcode and flags.
 * @param payload What the frame holds.
 * @returns The frame.
 */
export function makeFrame(first: number, payload: Uint8Array): Uint8Array {
  const length = sizeOf(payload);
  const size = headerSize(length, false);
  const frame = new Uint8Array(size + length);
  writeHeader(frame, 0, { first, length, key: undefined });
  frame.set(payload, size);
  return frame;
}

/**
 * Appends a text frame to `out`, its text encoded where it is sent from.
 *
 * @param out Where to.
 * @param text The message.
 * @param masked True for a client's frames.
 */
export function writeTextFrame(out: SendBuffer, text: string, masked: boolean): void {
  if (JOIN_SHORT_TEXTS && text.length <= MAX_CONTROL_SIZE && !masked) {
    out.later(text, writeShortTexts);
  } else {
    writeOneText(out, text, masked);
  }
}

/** In the place of a header, where texts are joined. */
const HEADER_GAP = "\0\0";

/** Writes text frames of a server, each of at most 125 characters: encoded at once where ASCII. */
function writeShortTexts(texts: readonly string[], out: SendBuffer): void {
  if (texts.length === 1) {
    if (writeAscii(texts[0], out)) return;
  } else {
    const joined = texts.join(HEADER_GAP);
    out.ensure(HEADER_GAP.length + joined.length * 3);
    const { bytes, end } = out;
    const length = encodeText(joined, bytes, end + HEADER_GAP.length);
    if (length === joined.length) {
      let at = end;
      for (const { length } of texts) {
        bytes[at] = FIN | TEXT;
        bytes[at + 1] = length;
        at += HEADER_GAP.length + length;
      }
      out.end = at;
      return;
    }
  }
  for (const text of texts) writeOneText(out, text, false);
}

/** Writes a text frame of at most 125 characters without a call of the runtime; false if not ASCII. */
function writeAscii(text: string, out: SendBuffer): boolean {
  const { length } = text;
  out.ensure(2 + length);
  const { bytes, end } = out;
  const start = end + 2;
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) return false;
    bytes[start + index] = unit;
  }
  bytes[end] = FIN | TEXT;
  bytes[end + 1] = length;
  out.end = start + length;
  return true;
}

function writeOneText(out: SendBuffer, text: string, masked: boolean): void {
  if (text.length > ENCODED_IN_PLACE) {
    const payload = encodeOnce(text);
    if (masked) return writeFrame(out, FIN | TEXT, payload, masked);
    startFrame(out, FIN | TEXT, payload.length);
    return out.give(payload);
  }
  out.ensure(14 + text.length * 3);
  const { bytes, end } = out;
  // The header stands before a length that is not known yet: the guess is right for ASCII.
  const guess = headerSize(text.length, masked);
  const length = encodeText(text, bytes, end + guess);
  const size = headerSize(length, masked);
  if (size !== guess) bytes.copyWithin(end + size, end + guess, end + guess + length);
  if (masked) {
    const key = randomKey();
    writeHeader(bytes, end, { first: FIN | TEXT, length, key });
    applyMask(bytes, end + size, end + size + length, key);
  } else if (length < 126) {
    bytes[end] = FIN | TEXT;
    bytes[end + 1] = length;
  } else {
    writeHeader(bytes, end, { first: FIN | TEXT, length, key: undefined });
  }
  out.end = end + size + length;
}
