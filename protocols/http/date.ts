/**
 * The Date field, made anew at most once a second, when an answer asks for it: no timer runs.
 *
 * @module
 */

import { asciiBytes } from "./characters.ts";

/** A time in the form of the field (RFC 9110, section 5.6.7). */
const NO_TIME = "Thu, 01 Jan 1970 00:00:00 GMT";

const lines: { bytes: Uint8Array; offset: number }[] = [];
let nextSecond = 0;

/**
 * Makes bytes with a Date field in them, which {@linkcode refreshDate} brings up to date in place.
 *
 * @param before What stands before the field.
 * @param after What stands after it.
 */
export function withDate(before: string, after: string): Uint8Array {
  const prefix = `${before}Date: `;
  const bytes = asciiBytes(`${prefix}${NO_TIME}\r\n${after}`);
  lines.push({ bytes, offset: prefix.length });
  nextSecond = 0;
  return bytes;
}

/**
 * Brings every Date field up to date.
 *
 * @returns The time, in ms since 1970.
 */
export function refreshDate(): number {
  const now = Date.now();
  // The clock may have been set back.
  if (now >= nextSecond || now < nextSecond - 1000) {
    nextSecond = now - now % 1000 + 1000;
    const time = asciiBytes(new Date(now).toUTCString());
    for (const { bytes, offset } of lines) bytes.set(time, offset);
  }
  return now;
}
