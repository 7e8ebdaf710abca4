/**
 * Reads the headers of frames (RFC 6455 section 5.2), and writes whole frames.
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

/** The first byte's flags: the last frame of a message, and the bit of the extension. */
export const FIN = 0x80;
export const RSV1 = 0x40;
const RESERVED_BITS = 0x70;
const OPCODE_BITS = 0x0f;
const MASK_BIT = 0x80;

/**
 * Texts up to this many UTF-16 units are encoded directly into the send buffer, with three bytes
 * reserved for each.
 */
const ENCODED_IN_PLACE = 16 * 1024;

/** Up to this size, header and payload are joined in one array. */
const MAX_GATHERED_SIZE = 16 * 1024;

/** A frame's header. One object is reused for all frames. */
export class FrameHeader {
  /** True in the last frame of a message. */
  final = false;
  /** True if the extension's bit is set: the message is compressed. */
  compressed = false;
  /** The type of the frame. */
  opcode = 0;
  /** The payload's length in bytes. */
  length = 0;
  /** The masking key; 0 if the frame is not masked, because masking with 0 changes nothing. */
  key = 0;

  /**
   * Reads the header at the start of `buffer`, without consuming it.
   *
   * @param buffer The bytes received.
   * @param masked True if the peer must mask its frames.
   * @returns The header's length in bytes; 0 if more bytes are needed.
   * @throws {WebSocketError} 1002 if the header is invalid.
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

/** Reads a 16-bit or 64-bit length, which must not fit in a shorter form. */
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
 * Random masking keys for a client's frames, drawn in batches from the system's generator, because
 * they must be unpredictable (RFC 6455 section 10.3).
 */
const keys = new Int32Array(1024);
let nextKey = keys.length;

/** A new masking key. */
function randomKey(): number {
  if (nextKey === keys.length) {
    crypto.getRandomValues(keys);
    nextKey = 0;
  }
  return keys[nextKey++];
}

/** The length of a frame's header. */
function headerSize(length: number, masked: boolean): number {
  return (length < 126 ? 2 : length < 0x10000 ? 4 : 10) + (masked ? 4 : 0);
}

/** Writes a header at `bytes[at]`, which must have room; `key` is undefined for a server. */
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
 * @param out The buffer.
 * @param first The first byte: opcode and flags.
 * @param payload The payload.
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

/** Appends the header of an unmasked frame, whose payload follows. */
function startFrame(out: SendBuffer, first: number, length: number): void {
  const size = headerSize(length, false);
  out.ensure(size);
  writeHeader(out.bytes, out.end, { first, length, key: undefined });
  out.end += size;
}

/**
 * Creates a whole, unmasked frame that many connections can send.
 *
 * @param first The first byte: opcode and flags.
 * @param payload The payload.
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
 * Appends a text frame to `out`, encoding the text directly into the buffer.
 *
 * @param out The buffer.
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

/** Takes the place of a header when texts are joined. */
const HEADER_GAP = "\0\0";

/** Writes text frames of a server, each of at most 125 characters. ASCII is encoded in one call. */
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

/**
 * Writes a text frame of at most 125 characters without calling the runtime; false if not ASCII.
 */
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
  // The header comes before a length that is not known yet. The guess is right for ASCII.
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
