/**
 * Converts text to bytes and back in place, like `TextDecoder` and `TextEncoder`, but without a
 * view and without their cost per call, which is several times that of a short message.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/**
 * The methods under `Buffer`'s own `toString` and `write`. On all three runtimes they accept any
 * `Uint8Array`. They are not documented, so each has a documented fallback.
 */
interface TextMethods {
  utf8Slice?(this: Uint8Array, start: number, end: number): string;
  latin1Slice?(this: Uint8Array, start: number, end: number): string;
  utf8Write?(this: Uint8Array, text: string, at: number, length: number): number;
}

const { utf8Slice, latin1Slice, utf8Write } = Buffer.prototype as unknown as TextMethods;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * Decodes `bytes[start]` up to `bytes[end]` from UTF-8. A byte order mark is kept, and invalid
 * bytes become U+FFFD.
 *
 * @param bytes The array that holds the bytes.
 * @param start Where the text begins.
 * @param end Where the text ends.
 * @returns The text.
 */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  return utf8Slice === undefined
    ? decoder.decode(bytes.subarray(start, end))
    : utf8Slice.call(bytes, start, end);
}

/**
 * Decodes `bytes[start]` up to `bytes[end]` to the characters of the same numbers (ISO 8859-1). For
 * text that is known to be ASCII, this takes up to a fourth of the time of {@linkcode decodeText}.
 *
 * @param bytes The array that holds the bytes.
 * @param start Where the text begins.
 * @param end Where the text ends.
 * @returns The text.
 */
export function decodeLatin1(bytes: Uint8Array, start: number, end: number): string {
  if (latin1Slice !== undefined) return latin1Slice.call(bytes, start, end);
  // The number of arguments of a call is limited.
  let text = "";
  for (let from = start; from < end; from += 4096) {
    const part = bytes.subarray(from, Math.min(end, from + 4096));
    text += String.fromCharCode.apply(null, part as unknown as number[]);
  }
  return text;
}

/**
 * Writes `text` as UTF-8 to `bytes`, starting at `at`. A lone surrogate becomes U+FFFD.
 *
 * @param text The text.
 * @param bytes The array, with room for three bytes per UTF-16 code unit.
 * @param at The index of the first byte.
 * @returns How many bytes were written.
 */
export function encodeText(text: string, bytes: Uint8Array, at: number): number {
  return utf8Write === undefined
    ? encoder.encodeInto(text, bytes.subarray(at)).written
    : utf8Write.call(bytes, text, at, bytes.length - at);
}

/**
 * True if a call of {@linkcode encodeText} costs more than a short text, so that many should be
 * joined first. For 64 characters, Bun takes 45 ns, Node 140, Deno 280; joined 54, 67 and 73.
 */
export const JOIN_SHORT_TEXTS: boolean = !("Bun" in globalThis);
