/**
 * Checks header fields of the handshake, for client and server.
 *
 * @module
 */

import { HttpHeaders } from "../http/mod.ts";

const TOKEN_REGEXP = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** The fields that the handshake sets, and those that would announce a body. */
const HANDSHAKE_FIELDS_REGEXP =
  /^(?:upgrade|connection|content-length|transfer-encoding|sec-websocket-.*)$/i;

/**
 * Tells whether names can be offered as subprotocols: they must be tokens without duplicates (RFC
 * 6455 section 4.1, item 10).
 *
 * @param names The names.
 */
export function areSubprotocols(names: readonly unknown[]): boolean {
  return new Set(names).size === names.length &&
    names.every((name) => typeof name === "string" && TOKEN_REGEXP.test(name));
}

/**
 * Checks the fields that an application adds to its side of the handshake.
 *
 * @param fields The fields.
 * @returns The fields.
 * @throws {TypeError} If a name or value is not allowed in a header, or the handshake sets the
 * field.
 */
export function checkExtraFields(fields: Record<string, string> = {}): Record<string, string> {
  for (const [name] of new HttpHeaders(fields)) {
    if (!HANDSHAKE_FIELDS_REGEXP.test(name)) continue;
    throw new TypeError(`Cannot set the header field ${name}: the handshake sets it itself`);
  }
  return fields;
}
