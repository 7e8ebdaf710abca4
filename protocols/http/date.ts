/**
 * Dates (RFC 9110, section 5.6.7): the Date field, made anew at most once a second, when a response asks
 * for it (no timer runs), and the dates that clients send.
 *
 * @module
 */

import { asciiBytes } from "./characters.ts";

/** A time in the form of the field. */
const NO_TIME = "Thu, 01 Jan 1970 00:00:00 GMT";

const lines: { bytes: Uint8Array; offset: number }[] = [];
/** The date and the time of the last look, in ms, and the second that the Date fields show. */
let lastDate = 0;
let lastTime = 0;
let shown = 0;

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
  shown = 0;
  return bytes;
}

/**
 * Brings every Date field up to date.
 *
 * @returns The time, in ms, on a clock that is never set: what all waiting goes by.
 */
export function refreshDate(): number {
  const date = Date.now();
  const second = Math.floor(date / 1000);
  if (second !== shown) {
    shown = second;
    const time = asciiBytes(new Date(date).toUTCString());
    for (const { bytes, offset } of lines) bytes.set(time, offset);
  }
  // On Deno the monotonic clock costs three times as much: it is read once a millisecond at most.
  if (date !== lastDate) {
    lastDate = date;
    lastTime = performance.now();
  }
  return lastTime;
}

const DAY = "(?:mon|tue|wed|thu|fri|sat|sun)";
const MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec";
const TIME = "(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)";

/** The form that is written today, and the two that are obsolete and still to be read. */
const DATES = [
  `${DAY}, (?<day>\\d\\d) (?<month>${MONTHS}) (?<year>\\d{4}) ${TIME} GMT`,
  `[a-z]{6,9}, (?<day>\\d\\d)-(?<month>${MONTHS})-(?<year>\\d\\d) ${TIME} GMT`,
  `${DAY} (?<month>${MONTHS}) (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})`,
].map((form) => new RegExp(`^${form}$`, "i"));

/**
 * Reads a date.
 *
 * @returns Ms since 1970; `undefined` if it has none of the three forms, or there is no such time.
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

/** A year of two digits that seems to be over 50 years ahead is one of the past. */
function fullYear(year: string): number {
  if (year.length === 4) return Number(year);
  const now = new Date().getUTCFullYear();
  const full = now - now % 100 + Number(year);
  return full > now + 50 ? full - 100 : full;
}
