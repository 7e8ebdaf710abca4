/**
 * Lists in field values (RFC 9110, section 5.6.1). They are not split, so that a head full of
 * commas does not create thousands of strings.
 *
 * @module
 */

import { HTAB, SP } from "./characters.ts";

/**
 * Removes spaces and tabs around a text, which are not part of a field value (RFC 9110, section
 * 5.5).
 */
export function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** True for space and tab. */
export function isBlank(unit: number): boolean {
  return unit === SP || unit === HTAB;
}

/** How many characters are compared in a loop. For short members, a call costs more. */
const NEAR = 16;

/** The position of the next `character` in `text`, or the end of the text. */
export function indexOrEnd(text: string, character: string, start: number): number {
  const unit = character.charCodeAt(0);
  const near = Math.min(start + NEAR, text.length);
  for (let at = start; at < near; at++) if (text.charCodeAt(at) === unit) return at;
  const index = near === text.length ? -1 : text.indexOf(character, near);
  return index === -1 ? text.length : index;
}

/** Tells whether `text` has more than `max` parts between separators, without empty ones. */
export function hasMoreParts(text: string, separator: string, max: number): boolean {
  // Each part has at least one character, and a separator before the next one.
  if (text.length < 2 * max) return false;
  let count = 0;
  for (let start = 0; start < text.length;) {
    const end = indexOrEnd(text, separator, start);
    if (end > start && ++count > max) return true;
    start = end + 1;
  }
  return false;
}

/**
 * Tells whether a comma-separated list has a member.
 *
 * @param list The list; `null` if the field does not exist.
 * @param lowerCase The member in lower case. The list can contain it in any case.
 */
export function hasMember(list: string | null | undefined, lowerCase: string): boolean {
  if (list === null || list === undefined) return false;
  for (let start = 0; start <= list.length;) {
    const end = indexOrEnd(list, ",", start);
    if (isMember(list, start, end, lowerCase)) return true;
    start = end + 1;
  }
  return false;
}

/** True if `list[start]` up to `list[end]` is `lowerCase`, ignoring case and surrounding blanks. */
export function isMember(list: string, start: number, end: number, lowerCase: string): boolean {
  if (end - start < lowerCase.length) return false;
  while (start < end && isBlank(list.charCodeAt(start))) start++;
  while (end > start && isBlank(list.charCodeAt(end - 1))) end--;
  return end - start === lowerCase.length && list.slice(start, end).toLowerCase() === lowerCase;
}
