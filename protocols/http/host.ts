/**
 * The host of a request.
 *
 * @module
 */

import { decodeLatin1 } from "../../src/runtime/bytes/text.ts";
import { COLON, HOST_NAME, isDigit } from "./characters.ts";

/**
 * The longest host with its port, in bytes. A DNS name has at most 253, or three times as many when
 * percent-encoded. The time that the URL standard takes for a name may not be linear in its length.
 */
const MAX_HOST_SIZE = 1024;

/** True for a host with or without a port (RFC 9110, section 7.2; RFC 3986, section 3.2). */
export function isHost(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > MAX_HOST_SIZE) return false;
  let at = start;
  while (at < end && HOST_NAME[bytes[at]] === 1) at++;
  if (at < end && (bytes[at] === 0x5b /* [ */ || bytes[at] === 0x25 /* % */)) {
    return isRareHost(decodeLatin1(bytes, start, end));
  }
  if (at === start) return false;
  if (at === end) return true;
  if (bytes[at++] !== COLON) return false;
  while (at < end && isDigit(bytes[at])) at++;
  return at === end;
}

/** An IPv6 address, or a name that contains percent signs. */
const RARE_HOST = /^(?:\[[\da-f:.]+\]|(?:[\w.~!$&'()*+,;=-]|%[\da-f]{2})+)(?::\d*)?$/i;

/** True if the URL standard accepts a host of this kind. */
function isRareHost(host: string): boolean {
  return RARE_HOST.test(host) && URL.canParse(`http://${host}`);
}
