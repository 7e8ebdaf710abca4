/**
 * Field values with parameters, `value; name=value; name="value"` (RFC 9110, section 5.6.6), such
 * as media types and the Content-Disposition of form parts.
 *
 * @module
 */

import { indexOrEnd, isBlank, trimmed } from "./lists.ts";

/** The most parameters of a value. Media types have one or two, Content-Disposition four. */
const MAX_PARAMETERS = 32;

/** A value and its parameters. */
export interface Parameterized {
  /** The part before the parameters, in lower case. */
  readonly value: string;
  /** The parameters by name, in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * Parses a value with parameters. A backslash escapes a quote. Otherwise it is literal, as in the
 * file names that browsers send.
 *
 * @returns `undefined` if a quoted text does not end, a parameter occurs twice, or there are more
 * than 32.
 */
export function parseParameters(text: string): Parameterized | undefined {
  const parameters = new Map<string, string>();
  const valueEnd = indexOrEnd(text, ";", 0);
  for (let at = valueEnd + 1; at < text.length;) {
    let nameEnd = at;
    while (nameEnd < text.length && text[nameEnd] !== ";" && text[nameEnd] !== "=") nameEnd++;
    const name = trimmed(text.slice(at, nameEnd)).toLowerCase();
    at = nameEnd + 1;
    if (text[nameEnd] !== "=") continue;
    while (at < text.length && isBlank(text.charCodeAt(at))) at++;
    let end: number;
    let value: string;
    if (text[at] === '"') {
      const quote = closingQuote(text, at + 1);
      if (quote === -1) return undefined;
      value = text.slice(at + 1, quote).replaceAll('\\"', '"');
      end = indexOrEnd(text, ";", quote);
    } else {
      end = indexOrEnd(text, ";", at);
      value = trimmed(text.slice(at, end));
    }
    if (parameters.has(name) || parameters.size === MAX_PARAMETERS) return undefined;
    parameters.set(name, value);
    at = end + 1;
  }
  return { value: trimmed(text.slice(0, valueEnd)).toLowerCase(), parameters };
}

/** What can follow a quoted text: the end, or another parameter. */
const NEXT_PARAMETER = /[ \t]*(?:$|;[ \t]*[\w*-]+=)/y;

/**
 * The position of the closing quote; -1 if there is none. Browsers send a backslash at the end of a
 * name unescaped, other clients escape quotes. What follows shows which one it is.
 */
function closingQuote(text: string, start: number): number {
  for (let quote = text.indexOf('"', start); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    if (text[quote - 1] !== "\\" || quote === start) return quote;
    NEXT_PARAMETER.lastIndex = quote + 1;
    if (NEXT_PARAMETER.test(text)) return quote;
  }
  return -1;
}
