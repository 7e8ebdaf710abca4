/**
 * Parses addresses: protocol, transport and endpoint.
 *
 * @module
 */

import type { Transport } from "./protocol/connection.ts";
import { GoerError } from "./errors.ts";
import type { Endpoint } from "./runtime/runtime.ts";
import { formatHostPort } from "./runtime/sockets/endpoint.ts";
import { suggestion } from "./suggestion.ts";
import { MAX_UNIX_PATH } from "./runtime/sockets/socket_address.ts";

/** The protocols that an address can name. */
export type ProtocolName = "raw" | "text" | "frame" | "http" | "websocket";

/** A parsed address. */
export interface ParsedAddress {
  /** The original text. */
  readonly text: string;
  /** The protocol of the scheme. */
  readonly protocol: ProtocolName;
  /** The transport of the scheme; TCP by default. */
  readonly transport: Transport;
  /** The host and port, or the path. */
  readonly endpoint: Endpoint;
}

const TRANSPORTS: readonly string[] = ["tcp", "tls", "unix", "udp"] satisfies Transport[];

const PROTOCOLS: readonly string[] = [
  "raw",
  "text",
  "frame",
  "http",
  "websocket",
] satisfies ProtocolName[];

/** Alternative schemes. */
const ALIASES: Readonly<Record<string, string>> = {
  https: "http+tls",
  ws: "websocket",
  wss: "websocket+tls",
};

/** Protocols that need a stream. */
const STREAM_PROTOCOLS: readonly string[] = ["http", "websocket"];

/** The default host. Nothing is open to the network unless you say so. */
export const DEFAULT_HOST = "127.0.0.1";

/**
 * Parses an address: `scheme://host:port` or `scheme:///path`.
 *
 * The scheme is a transport (`tcp`, `udp`, `unix`, `tls`), a protocol over TCP (`text`, `frame`,
 * `http`, `websocket`), or both (`text+udp`, `frame+unix`, `http+tls`). `https` and `wss` are
 * `http+tls` and `websocket+tls`. The default host is `127.0.0.1`; port 0 requests a free one. A
 * path that begins with `@` is an abstract name on Linux (`unix(7)`), to which every user of the
 * machine can connect. Node 20 pads such a name with zeros, so clients must do the same.
 *
 * @param address The address.
 * @returns Its parts.
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if it is not valid.
 */
export function parseAddress(address: string): ParsedAddress {
  const match = /^([a-z0-9+]*):\/\/(.*)$/is.exec(String(address));
  if (match === null) {
    throw invalid(address, "expected scheme://host:port or unix:///path");
  }
  const [, scheme, rest] = match;
  const { protocol, transport } = parseScheme(address, scheme.toLowerCase());
  const endpoint = transport === "unix" ? parsePath(address, rest) : parseHostPort(address, rest);
  return { text: address, protocol, transport, endpoint };
}

function parseScheme(
  address: string,
  scheme: string,
): { protocol: ProtocolName; transport: Transport } {
  const parts = (ALIASES[scheme] ?? scheme).split("+");
  const protocol = parts.find((part) => PROTOCOLS.includes(part)) ?? "raw";
  const transport = parts.find((part) => TRANSPORTS.includes(part)) ?? "tcp";
  const known = parts.filter((part) => part === protocol || part === transport);
  if (known.length !== parts.length || new Set(parts).size !== parts.length) {
    const schemes = [...TRANSPORTS, ...PROTOCOLS, ...Object.keys(ALIASES)];
    const advice = suggestion(scheme, schemes) ||
      `: expected one of ${schemes.join(", ")}, or a protocol and a transport as in text+udp`;
    throw invalid(address, `unknown scheme "${scheme}"${advice}`);
  }
  if (transport === "udp" && STREAM_PROTOCOLS.includes(protocol)) {
    throw invalid(address, `${protocol} needs a stream transport, not udp`);
  }
  return { protocol: protocol as ProtocolName, transport: transport as Transport };
}

function parsePath(address: string, path: string): Endpoint {
  if (path === "") throw invalid(address, "the path is missing, as in unix:///run/x.sock");
  if (path.includes("\0")) throw invalid(address, "the path contains a NUL character");
  const size = new TextEncoder().encode(path).length;
  if (size > MAX_UNIX_PATH) {
    throw invalid(
      address,
      `the path has ${size} bytes, and a Unix socket allows ${MAX_UNIX_PATH}`,
    );
  }
  return { path };
}

function parseHostPort(address: string, rest: string): Endpoint {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:/?#@\s\[\]]*)):([^:/]*)\/?$/i.exec(rest);
  if (match === null) {
    throw invalid(address, "expected host:port at the end, with an IPv6 host in brackets");
  }
  const [, ipv6, host, digits] = match;
  const port = Number(digits);
  if (!/^\d+$/.test(digits) || port > 65535) {
    throw invalid(address, `the port ${digits} is not between 0 and 65535`);
  }
  return { host: ipv6 ?? (host || DEFAULT_HOST), port };
}

function invalid(address: string, reason: string): GoerError {
  return new GoerError("GOER_INVALID_ARGUMENT", `Cannot use the address ${address}: ${reason}`);
}

/** The address where a service really listens, in the scheme of its address. */
export function formatAddress({ text }: ParsedAddress, endpoint: Endpoint): string {
  const scheme = text.slice(0, text.indexOf("://"));
  if ("path" in endpoint) return `${scheme}://${endpoint.path}`;
  return `${scheme}://${formatHostPort(endpoint.host, endpoint.port)}`;
}
