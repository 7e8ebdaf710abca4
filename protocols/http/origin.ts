/**
 * The origin of a request's URL, in the format of the URL standard. The last one is cached, because most
 * requests have the same host, and parsing a URL takes a large part of a request's time.
 *
 * @module
 */

import { decodeLatin1 } from "../../src/runtime/bytes/text.ts";
import { asciiBytes } from "./characters.ts";
import { badHead } from "./http_error.ts";

/** The last host, as bytes and as a string; whether its connection was encrypted; and its origin. */
let lastBytes: Uint8Array = new Uint8Array();
let lastHost = "";
let lastSecure = false;
let lastOrigin = "";

/**
 * The origin of a host.
 *
 * @param host The host, with its port if it has one; `""` for none.
 * @param secure True if the connection is encrypted.
 * @throws {HttpError} If the host cannot be part of a URL: 400.
 */
export function originOf(host: string, secure: boolean): string {
  if (host === lastHost && secure === lastSecure && lastOrigin !== "") return lastOrigin;
  const address = `${secure ? "https" : "http"}://${host || "localhost"}`;
  if (!URL.canParse(address)) throw badHead("its host is not valid");
  lastOrigin = new URL(address).origin;
  lastHost = host;
  lastSecure = secure;
  lastBytes = asciiBytes(host);
  return lastOrigin;
}

/** Same as {@linkcode originOf}, for a host in `bytes` from `start` to `end`. */
export function originOfBytes(
  bytes: Uint8Array,
  start: number,
  end: number,
  secure: boolean,
): string {
  const last = lastBytes;
  let at = end - start === last.length && secure === lastSecure && lastOrigin !== "" ? 0 : -1;
  while (at >= 0 && at < last.length) at = bytes[start + at] === last[at] ? at + 1 : -1;
  return at >= 0 ? lastOrigin : originOf(decodeLatin1(bytes, start, end), secure);
}
