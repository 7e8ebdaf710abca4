/**
 * Cookies (RFC 6265).
 *
 * @module
 */

import { typeName } from "../../src/bytes/outgoing.ts";
import { type HttpHeaders, quoted } from "./headers.ts";
import { HttpError } from "./http_error.ts";
import { indexOrEnd, trimmed } from "./lists.ts";

/** A cookie that a response sets. */
export interface Cookie {
  /**
   * The name, a token. A name that begins with `__Secure-` or `__Host-` makes the cookie `secure`, and
   * `__Host-` also sets its path to `/`: browsers refuse such a cookie otherwise.
   */
  name: string;
  /**
   * The value: visible ASCII without quotes, commas, semicolons and backslashes. Quotes around the
   * whole value are allowed, and are part of it.
   */
  value: string;
  /** When it expires: a date, or ms since 1970. 0 deletes it. Default: when the browser closes. */
  expires?: Date | number;
  /** When it expires, in whole seconds from now. 0 deletes it. Overrides `expires`. */
  maxAge?: number;
  /** The host that receives it, with its subdomains. Default: only the host that sets it. */
  domain?: string;
  /** The path that receives it, with all paths below. */
  path?: string;
  /** Sent over TLS only. */
  secure?: boolean;
  /** Hidden from scripts of the page. */
  httpOnly?: boolean;
  /** Whether requests from other sites include it. */
  sameSite?: "Strict" | "Lax" | "None";
  /** Stored separately for each site that embeds this one. Implies `secure`. */
  partitioned?: boolean;
}

/**
 * The characters that each part may contain (RFC 6265, section 4.1.1). Browsers ignore a dot before
 * a domain.
 */
const PARTS = {
  name: /^[!#$%&'*+.^_`|~\w-]+$/,
  value: /^("?)[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*\1$/,
  domain: /^\.?[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*$/i,
  path: /^[\x20-\x3a\x3c-\x7e]+$/,
  sameSite: /^(?:Strict|Lax|None)$/,
};

/** Browsers cannot parse years outside of this range (RFC 6265, section 5.1.1). */
const MIN_EXPIRES = Date.UTC(1601, 0, 1);
const MAX_EXPIRES = Date.UTC(9999, 11, 31, 23, 59, 59);

/**
 * Adds a Set-Cookie field (RFC 6265, section 4.1).
 *
 * @throws {SyntaxError} If a part of the cookie contains characters that are not allowed, or
 * browsers would refuse it.
 * @throws {RangeError} If `expires` or `maxAge` is out of range.
 * @throws {TypeError} If `expires` is of another type.
 */
export function setCookie(headers: HttpHeaders, cookie: Cookie): void {
  const { name, value, expires, maxAge, domain, httpOnly, sameSite, partitioned } = cookie;
  let line = `${checked("name", name)}=${checked("value", value)}`;
  const ofHost = /^__Host-/i.test(name);
  const needsSecure = ofHost || partitioned || /^__Secure-/i.test(name);
  const { secure = needsSecure, path = ofHost ? "/" : undefined } = cookie;
  if (needsSecure && !secure) {
    throw new SyntaxError(
      `Cannot set the cookie ${name}: set secure: true, which browsers require for this name`,
    );
  }
  if (ofHost && (path !== "/" || domain)) {
    throw new SyntaxError(
      `Cannot set the cookie ${name}: it needs the path "/" and no domain, which browsers require for this name`,
    );
  }
  if (expires !== undefined) line += `; Expires=${dateOf(expires)}`;
  if (maxAge !== undefined) line += `; Max-Age=${secondsOf(maxAge)}`;
  if (domain) line += `; Domain=${checked("domain", domain)}`;
  if (path) line += `; Path=${checked("path", path)}`;
  if (secure) line += "; Secure";
  if (httpOnly) line += "; HttpOnly";
  if (sameSite !== undefined) line += `; SameSite=${checked("sameSite", sameSite)}`;
  if (partitioned) line += "; Partitioned";
  headers.append("set-cookie", line);
}

function checked(part: keyof typeof PARTS, text: string): string {
  if (typeof text === "string" && PARTS[part].test(text)) return text;
  throw new SyntaxError(`Cannot set a cookie: its ${part} cannot be '${quoted(String(text))}'`);
}

function dateOf(expires: Date | number): string {
  if (typeof expires !== "number" && !(expires instanceof Date)) {
    throw new TypeError(`Cannot set a cookie: expires is a Date or ms, not ${typeName(expires)}`);
  }
  const time = Number(expires);
  if (!(time >= MIN_EXPIRES && time <= MAX_EXPIRES)) {
    throw new RangeError(`Cannot set a cookie: ${expires} is not a time from 1601 to 9999`);
  }
  return new Date(time).toUTCString();
}

function secondsOf(maxAge: number): number {
  if (Number.isSafeInteger(maxAge) && maxAge >= 0) return maxAge;
  throw new RangeError(`Cannot set a cookie: maxAge must be whole seconds, got ${maxAge}`);
}

/**
 * The cookies of a request by name, without those that have no name. If a name occurs twice, the
 * first one counts: browsers send the one with the longer path first (RFC 6265, section 5.4).
 *
 * @param headers The header fields of the request.
 * @param maxCookies The most cookies.
 * @throws {HttpError} If there are more: 431.
 */
export function getCookies(headers: HttpHeaders, maxCookies: number): Record<string, string> {
  const cookies: Record<string, string> = Object.create(null);
  const text = headers.get("cookie") ?? "";
  for (let start = 0, count = 0; start < text.length;) {
    const end = indexOrEnd(text, ";", start);
    const pair = text.slice(start, end);
    start = end + 1;
    const equals = pair.indexOf("=");
    if (equals === -1) continue;
    const name = trimmed(pair.slice(0, equals));
    if (name === "") continue;
    if (++count > maxCookies) {
      throw new HttpError(431, `Cannot read the cookies: there are more than ${maxCookies}`);
    }
    if (!(name in cookies)) cookies[name] = trimmed(pair.slice(equals + 1));
  }
  return cookies;
}
