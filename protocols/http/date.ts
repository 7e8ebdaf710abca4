/**
 * Dates (RFC 9110, section 5.6.7): parses dates of clients, and updates the Date field at most once
 * a second, when a response needs it, without a timer.
 *
 * @module
 */

import { asciiBytes } from "./characters.ts";

/** A placeholder in the format of the field. */
const NO_TIME = "Thu, 01 Jan 1970 00:00:00 GMT";

const lines: { bytes: Uint8Array; offset: number }[] = [];
/** The date and monotonic time of the last update, in ms, and the second in the Date fields. */
let lastDate = 0;
let lastTime = 0;
let shown = 0;

/**
 * Creates bytes with a Date field, which {@linkcode refreshDate} updates in place.
 *
 * @param before The text before the field.
 * @param after The text after it.
 */
export function withDate(before: string, after: string): Uint8Array {
  const prefix = `${before}Date: `;
  const bytes = asciiBytes(`${prefix}${NO_TIME}\r\n${after}`);
  lines.push({ bytes, offset: prefix.length });
  shown = 0;
  return bytes;
}

/**
 * Updates every Date field.
 *
 * @returns The monotonic time, in ms, for all time-outs.
 */
export function refreshDate(): number {
  const date = Date.now();
  const second = Math.floor(date / 1000);
  if (second !== shown) {
    shown = second;
    const time = asciiBytes(new Date(date).toUTCString());
    for (const { bytes, offset } of lines) bytes.set(time, offset);
  }
  // On Deno the monotonic clock is three times as slow, so it is read at most once per millisecond.
  if (date !== lastDate) {
    lastDate = date;
    lastTime = performance.now();
  }
  return lastTime;
}

const DAY = "(?:mon|tue|wed|thu|fri|sat|sun)";
const MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec";
const TIME = "(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)";

/** The current format, and two obsolete ones that must still be accepted. */
const DATES = [
  `${DAY}, (?<day>\\d\\d) (?<month>${MONTHS}) (?<year>\\d{4}) ${TIME} GMT`,
  `[a-z]{6,9}, (?<day>\\d\\d)-(?<month>${MONTHS})-(?<year>\\d\\d) ${TIME} GMT`,
  `${DAY} (?<month>${MONTHS}) (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})`,
].map((form) => new RegExp(`^${form}$`, "i"));

/**
 * Parses a date.
 *
 * @returns Ms since 1970; `undefined` if the format or the date is invalid.
 */
export function parseDate(text: string): number | undefined {
  const parts = DATES.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
  if (parts === undefined) return undefined;
  const month = MONTHS.split("|").indexOf(parts.month.toLowerCase());
  const [day, hour, minute, second] = [parts.day, parts.hour, parts.minute, parts.second].map(
    Number,
  );
  const time = Date.UTC(fullYear(parts.year), month, day, hour, minute, Math.min(second, 59));
  const valid = new Date(time).getUTCDate() === day && hour < 24 && minute < 60 && second <= 60;
  return valid ? time : undefined;
}

/** A two-digit year that seems to be over 50 years ahead is in the past. */
function fullYear(year: string): number {
  if (year.length === 4) return Number(year);
  const now = new Date().getUTCFullYear();
  const full = now - now % 100 + Number(year);
  return full > now + 50 ? full - 100 : full;
}
