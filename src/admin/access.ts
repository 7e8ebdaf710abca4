/**
 * Who may use the admin listener.
 *
 * @module
 */

import { parseAddress } from "../address.ts";
import { GoerError } from "../errors.ts";

/** The shortest token that is accepted, in characters: it must not be guessable. */
const SHORTEST_TOKEN = 16;

/** Visible ASCII: a line end at the end, as of `echo token | base64`, would never match. */
const TOKEN_REGEXP = /^[!-~]+$/;

/** What protects an admin listener. */
export interface Access {
  /** The address to listen at, with a scheme of HTTP. */
  address: string;
  /** The token that requests need; undefined if only this machine can reach the address. */
  token: string | undefined;
  /** The names by which this machine reaches the address; undefined if any may be used. */
  hosts: ReadonlySet<string> | undefined;
}

/**
 * Decides what protects an address.
 *
 * @param address As the user has written it: `http://127.0.0.1:9464`, `9464`, `unix:///run/a.sock`.
 * @param token The token, if there is one.
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if the address is not valid, or others can reach it and
 * there is no token.
 */
export function accessOf(address: string, token: string | undefined): Access {
  const full = /^\d+$/.test(address)
    ? `http://127.0.0.1:${address}`
    : address.includes("://")
    ? address.replace(/^unix:/, "http+unix:")
    : `http://${address}`;
  const { protocol, transport, endpoint } = parseAddress(full);
  if (protocol !== "http") {
    throw refused(address, "expected an address such as http://127.0.0.1:9464");
  }
  if (transport === "tls") {
    throw refused(address, "it has no TLS. Write http://, and put a proxy with TLS in front of it");
  }
  if (token !== undefined && token.length < SHORTEST_TOKEN) {
    throw refused(address, `GOER_ADMIN_TOKEN needs ${SHORTEST_TOKEN} characters or more`);
  }
  if (token !== undefined && !TOKEN_REGEXP.test(token)) {
    throw refused(
      address,
      "GOER_ADMIN_TOKEN has a space, a line end or another character that no header could send. " +
        "Use letters, digits and ASCII punctuation",
    );
  }
  const local = "path" in endpoint || isLoopback(endpoint.host);
  if (!local && token === undefined) {
    throw refused(
      address,
      "other machines can reach it, so it needs a token. " +
        "Set GOER_ADMIN_TOKEN in the environment, or listen on 127.0.0.1",
    );
  }
  const hosts = "path" in endpoint || token !== undefined
    ? undefined
    : new Set(["localhost", "127.0.0.1", "::1", endpoint.host.toLowerCase()]);
  return { address: full, token, hosts };
}

/**
 * True if the request is for this machine by one of its names. A page of the Internet whose name
 * leads here (DNS rebinding) sends its own name.
 */
export function isForUs({ hosts }: Access, host: string | null): boolean {
  if (hosts === undefined) return true;
  const name = /^(?:\[([^\]]*)\]|([^:]*))(?::\d+)?$/.exec(host ?? "");
  return name !== null && hosts.has((name[1] ?? name[2]).toLowerCase());
}

/** True if a page sends the request that is not a page of this listener (CSRF). */
export function isFromElsewhere(headers: Headers): boolean {
  const site = headers.get("sec-fetch-site") ?? "same-origin";
  const origin = headers.get("origin");
  if (site !== "same-origin") return true;
  return origin !== null && origin.replace(/^https?:\/\//, "") !== headers.get("host");
}

/** True if the request has the token. The time this takes does not tell how much of it is right. */
export function hasToken({ token }: Access, authorization: string | null): boolean {
  if (token === undefined) return false;
  const given = /^Bearer +(.*)$/i.exec(authorization ?? "")?.[1] ?? "";
  const encoder = new TextEncoder();
  const [one, other] = [encoder.encode(token), encoder.encode(given)];
  let difference = one.length ^ other.length;
  for (let index = 0; index < one.length; index++) {
    difference |= one[index] ^ (other[index] ?? 0);
  }
  return difference === 0;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function refused(address: string, reason: string): GoerError {
  return new GoerError(
    "GOER_INVALID_ARGUMENT",
    `Cannot use the admin address ${address}: ${reason}`,
  );
}
