/** Conformance cases: a client's bytes, and the response of an echo server. */

import type { CompressionOptions } from "../../../protocols/websocket/extension.ts";
import { BINARY, CLOSE, closeCode, type Frame, PONG, TEXT, textOf } from "../frames.ts";

/** The options of the server for a case; the others are defaults. */
export interface CaseOptions {
  maxMessageSize?: number;
  compression?: CompressionOptions;
}

/** One case. */
export interface Case {
  /** The rule, as a sentence. */
  name: string;
  /** What the client sends after the handshake. */
  input: Uint8Array;
  /** The messages and pongs that the server sends, in order; see {@linkcode described}. */
  replies?: readonly string[];
  /** The code of the server's close frame; undefined if the connection stays open. */
  code?: number;
  /** Options of the server. */
  options?: CaseOptions;
  /** The client's `Sec-WebSocket-Extensions`. */
  offer?: string;
  /** How many bytes are sent together, if that matters. */
  piece?: number;
  /** True if the input is too large to be cut in many ways. */
  large?: boolean;
}

/** A text message, as a reply. */
export function textReply(text: string): string {
  return `text ${text}`;
}

/** A binary message, as a reply. */
export function binaryReply(payload: Uint8Array): string {
  return `binary ${digest(payload)}`;
}

/** A pong, as a reply. */
export function pongReply(payload: Uint8Array | string): string {
  return `pong ${
    digest(typeof payload === "string" ? new TextEncoder().encode(payload) : payload)
  }`;
}

/** Bytes in a readable form: all of a few, length and checksum of many. */
function digest(payload: Uint8Array): string {
  if (payload.length <= 64) return payload.toHex();
  let sum = 1;
  for (const byte of payload) sum = Math.imul(sum ^ byte, 0x01000193) >>> 0;
  return `${payload.length} bytes, ${sum.toString(16)}`;
}

/** A frame of the server as a reply; for a close frame, `close` and its code. */
export function described(frame: Frame, payload: Uint8Array = frame.payload): string {
  if (frame.masked || !frame.fin) return `a masked or fragmented frame of opcode ${frame.opcode}`;
  switch (frame.opcode) {
    case TEXT:
      return textReply(textOf(payload));
    case BINARY:
      return binaryReply(payload);
    case PONG:
      return pongReply(payload);
    case CLOSE:
      return `close ${closeCode(frame)}`;
    default:
      return `a frame of opcode ${frame.opcode}`;
  }
}

/** The expected replies, as descriptions. */
export function expected({ replies = [], code }: Case): string[] {
  return code === undefined ? [...replies] : [...replies, `close ${code}`];
}

/** Deterministic bytes, with different neighbours. */
export function someBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = index * 7 + (index >> 8) * 13 & 0xff;
  return bytes;
}

/** Deterministic ASCII. */
export function someText(length: number): string {
  const block = "The quick brown fox jumps over 13 lazy dogs. ";
  return block.repeat(Math.ceil(length / block.length)).slice(0, length);
}
