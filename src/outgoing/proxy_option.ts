/**
 * The option `proxy` of `connect`.
 *
 * @module
 */

import { invalidOption, isWholeNumber } from "../numbers.ts";
import type { Endpoint, ProxyServer } from "../runtime/runtime.ts";
import { parseHostPort } from "../runtime/sockets/endpoint.ts";

/** The greatest port. */
const MAX_PORT = 65_535;

const EXPECTED = "an address such as socks5://127.0.0.1:1080 or http://user:password@proxy:3128";

/** `socks5://user:password@host:port`. */
const ADDRESS = /^(socks5|http):\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^@/]+)\/?$/i;

/**
 * Parses the address of a proxy.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if it is not valid, or the target is a Unix socket. The
 * error does not quote it, because it may contain a password.
 */
export function parseProxy(given: string, endpoint: Endpoint): ProxyServer {
  const [, protocol, user, password, place = ""] = ADDRESS.exec(given) ?? [];
  const server = parseHostPort(place);
  if (server === undefined || !isWholeNumber(server.port, [1, MAX_PORT])) {
    throw invalidOption("proxy", EXPECTED, "another text");
  }
  if ("path" in endpoint) {
    throw invalidOption("proxy", "an address of TCP to connect to", `unix:${endpoint.path}`);
  }
  const parsed: ProxyServer = {
    protocol: protocol.toLowerCase() as ProxyServer["protocol"],
    ...server,
    user: decoded(user),
    password: decoded(password),
  };
  if (parsed.protocol === "socks5") checkCredentials(parsed);
  return parsed;
}

/** The longest user and password of SOCKS5, in bytes (RFC 1929). */
const MAX_CREDENTIAL = 255;

function checkCredentials({ user = "", password = "" }: ProxyServer): void {
  const encoder = new TextEncoder();
  const size = Math.max(...[user, password].map((text) => encoder.encode(text).length));
  if (size <= MAX_CREDENTIAL) return;
  const expected = `a user and a password of at most ${MAX_CREDENTIAL} bytes for SOCKS5`;
  throw invalidOption("proxy", expected, `${size} bytes`);
}

/** Undoes percent-encoding. */
function decoded(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidOption("proxy", `${EXPECTED}, with % as %25`, "a wrong percent-encoding");
  }
}
