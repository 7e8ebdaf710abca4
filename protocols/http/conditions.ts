/**
 * Conditional requests (RFC 9110, section 13).
 *
 * @module
 */

import { parseDate } from "./date.ts";
import type { HttpHeaders } from "./headers.ts";
import { trimmed } from "./lists.ts";

/** What identifies a version of a file. */
export interface Validators {
  /** The entity tag, with its quotes. */
  readonly tag: string;
  /** When the file was last changed, in ms since 1970. */
  readonly modified: number;
}

/**
 * Evaluates the conditions of a GET or HEAD request in the order of section 13.2.2.
 *
 * @returns The status for the unmet condition: 412, or 304 if the client has this version.
 */
export function unmetCondition(headers: HttpHeaders, current: Validators): 304 | 412 | undefined {
  const match = headers.get("if-match");
  if (match !== null) {
    if (!matches(match, current.tag, "strong")) return 412;
  } else if (isLater(current, headers.get("if-unmodified-since"))) return 412;
  const noneMatch = headers.get("if-none-match");
  if (noneMatch !== null) return matches(noneMatch, current.tag, "weak") ? 304 : undefined;
  return isLater(current, headers.get("if-modified-since")) === false ? 304 : undefined;
}

/** True if the client's part belongs to the current version (section 13.1.5). */
export function rangeApplies(headers: HttpHeaders, current: Validators): boolean {
  const condition = headers.get("if-range");
  if (condition === null) return true;
  if (condition.endsWith('"')) return strongly(condition, current.tag);
  return parseDate(condition) === inSeconds(current.modified);
}

/**
 * True if a list of entity tags (section 8.8.3) contains the current one. `*` matches any tag. The
 * list is not split, to avoid allocations.
 */
function matches(list: string, current: string, comparison: "strong" | "weak"): boolean {
  if (trimmed(list) === "*") return true;
  const opaque = current.slice(current.indexOf('"'));
  if (comparison === "strong" && opaque !== current) return false;
  for (let quote = list.indexOf('"'); quote !== -1;) {
    const end = list.indexOf('"', quote + 1) + 1;
    if (end === 0) return false;
    const isWeak = list.startsWith("W/", quote - 2);
    if (end - quote === opaque.length && list.startsWith(opaque, quote)) {
      if (comparison === "weak" || !isWeak) return true;
    }
    quote = list.indexOf('"', end);
  }
  return false;
}

/** Section 8.8.3.2: weak tags never match. */
function strongly(tag: string, current: string): boolean {
  return tag === current && !tag.startsWith("W/");
}

/** True if the file has changed after a date; `undefined` if the date is invalid or missing. */
function isLater({ modified }: Validators, date: string | null): boolean | undefined {
  const time = date === null ? undefined : parseDate(date);
  return time === undefined ? undefined : inSeconds(modified) > time;
}

/** Dates of HTTP are whole seconds. */
function inSeconds(time: number): number {
  return Math.floor(time / 1000) * 1000;
}
