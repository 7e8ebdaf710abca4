/**
 * Writes whole responses that are text with status 200 and no header field except their type, as most
 * are.
 *
 * @module
 */

import type { SendBuffer } from "../../src/protocol/buffers.ts";
import { encodeText } from "../../src/runtime/bytes/text.ts";
import { refreshDate, withDate } from "./date.ts";

/** The longest text, in UTF-16 units. Three bytes are reserved for each. */
const MAX_LENGTH = 4096;

/** Text up to this length is encoded by a loop, which is faster than a call of the engine. */
const MAX_LOOP_LENGTH = 256;

/** How many types have a cached head. An app uses few. */
const MAX_HEADS = 16;

/** The head of a text, up to the value of Content-Length. */
const TEXT_HEAD = headOf("Content-Type: text/plain; charset=utf-8");

/** The heads of other types. */
const heads = new Map<string, Uint8Array>();

function headOf(field: string): Uint8Array {
  return withDate("HTTP/1.1 200 OK\r\n", `${field}\r\nContent-Length: `);
}

/**
 * Writes a text to a client that keeps the connection.
 *
 * @returns The time of the response, in ms since 1970; 0 if the text is long, and nothing was written.
 */
export function writeText(text: string, out: SendBuffer): number {
  return write(text, TEXT_HEAD, out);
}

/**
 * Same as {@linkcode writeText}, for any content type.
 *
 * @param text The text.
 * @param type The value of Content-Type, already validated.
 * @param out Where to write to.
 */
export function writeTyped(text: string, type: string, out: SendBuffer): number {
  let head = heads.get(type);
  if (head === undefined) {
    if (heads.size >= MAX_HEADS) return 0;
    head = headOf(`content-type: ${type}`);
    heads.set(type, head);
  }
  return write(text, head, out);
}

function write(text: string, head: Uint8Array, out: SendBuffer): number {
  const { length } = text;
  if (length > MAX_LENGTH) return 0;
  out.ensure(head.length + 3 * length + 16);
  const now = refreshDate();
  const { bytes } = out;
  bytes.set(head, out.end);
  const digits = out.end + head.length;
  // Nearly all text is ASCII: it has as many bytes as characters.
  let start = writeDecimal(length, bytes, digits) + 4;
  let size = length <= MAX_LOOP_LENGTH ? writeAscii(text, bytes, start) : -1;
  if (size === -1) size = encodeText(text, bytes, start);
  if (size !== length) {
    const moved = writeDecimal(size, bytes, digits) + 4;
    if (moved !== start) size = encodeText(text, bytes, start = moved);
  }
  bytes[start - 4] = bytes[start - 2] = 0x0d;
  bytes[start - 3] = bytes[start - 1] = 0x0a;
  out.end = start + size;
  return now;
}

/** Writes ASCII, and returns how many bytes it took; -1 if the text is something else. */
function writeAscii(text: string, bytes: Uint8Array, start: number): number {
  const { length } = text;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return -1;
    bytes[start + index] = code;
  }
  return length;
}

/** Writes a whole number in decimal and returns the end position. */
function writeDecimal(value: number, bytes: Uint8Array, start: number): number {
  let end = start + 1;
  for (let rest = value; rest >= 10; rest = (rest - rest % 10) / 10) end++;
  let rest = value;
  for (let at = end - 1; at >= start; at--) {
    bytes[at] = 0x30 + rest % 10;
    rest = (rest - rest % 10) / 10;
  }
  return end;
}
