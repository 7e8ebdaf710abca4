/**
 * Cookies, by `@std/http`.
 *
 * @module
 */

import * as std from "@std/http/cookie";
import type { HttpHeaders } from "./headers.ts";

/** A cookie that an answer sets. */
export interface Cookie {
  /** The name. */
  name: string;
  /** The value: visible ASCII without quotes, commas, semicolons and backslashes. */
  value: string;
  /** When it ends: a date, or ms since 1970. Default: with the browser. */
  expires?: Date | number;
  /** When it ends, in seconds from now. It goes before `expires`. */
  maxAge?: number;
  /** The host that it goes to, with all below it. Default: the host that sets it, alone. */
  domain?: string;
  /** The path that it goes to, with all below it. */
  path?: string;
  /** It goes over TLS only. */
  secure?: boolean;
  /** Scripts of the page do not see it. */
  httpOnly?: boolean;
  /** Whether it goes along with requests that other sites cause. */
  sameSite?: "Strict" | "Lax" | "None";
  /** It is kept apart for each site that embeds this one. */
  partitioned?: boolean;
}

/** The functions of `@std/http/cookie` as they are called here. */
interface StdCookie {
  getCookies(headers: { get(name: string): string | null }): Record<string, string>;
  setCookie(headers: { append(name: string, value: string): unknown }, cookie: Cookie): void;
}

const { getCookies: parse, setCookie: append } = std as unknown as StdCookie;

/** Adds a Set-Cookie field. */
export function setCookie(headers: HttpHeaders, cookie: Cookie): void {
  append(headers, { ...cookie });
}

/** The cookies of a request by their names; none where the field cannot be read. */
export function getCookies(headers: HttpHeaders): Record<string, string> {
  try {
    return parse(headers);
  } catch {
    return Object.create(null);
  }
}
