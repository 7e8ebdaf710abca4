/**
 * Endpoints as text.
 *
 * @module
 */

import process from "node:process";
import { GoerError } from "../../errors.ts";
import type { Endpoint, InetEndpoint } from "../runtime.ts";

/** Formats an endpoint as `192.0.2.1:80`, `[2001:db8::1]:80` or `unix:/run/x.sock`. */
export function formatEndpoint(endpoint: Endpoint): string {
  if ("path" in endpoint) return `unix:${endpoint.path}`;
  return formatHostPort(endpoint.host, endpoint.port);
}

/** True for an abstract name on Linux (`unix(7)`), which is not a file. */
export function isAbstract(path: string): boolean {
  return path.startsWith("@");
}

/** The path of a Unix socket for the system: an abstract name begins with a zero byte there. */
export function systemPath(path: string): string {
  if (!isAbstract(path)) return path;
  if (process.platform === "linux") return `\0${path.slice(1)}`;
  throw new GoerError(
    "GOER_NOT_SUPPORTED",
    `Cannot use unix:${path}: only Linux supports abstract names. For a file with this name, write ./${path}`,
  );
}

/** Formats the peer of a socket of `node:net`: that of a Unix socket has no name. */
export function formatPeer(
  { remoteAddress, remotePort }: { remoteAddress?: string; remotePort?: number },
): string {
  return remoteAddress === undefined ? "unix:" : formatHostPort(remoteAddress, remotePort ?? 0);
}

/** IPv4 as a socket for both kinds of addresses shows it (RFC 4291 section 2.5.5.2). */
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * Formats a host and port, with brackets around an IPv6 host (RFC 3986 section 3.2.2), which it may
 * have already. An IPv4 address that is mapped into IPv6 becomes IPv4.
 */
export function formatHostPort(host: string, port: number | string): string {
  if (!host.includes(":") || host.startsWith("[")) return `${host}:${port}`;
  const ipv4 = MAPPED.exec(host)?.[1];
  return ipv4 === undefined ? `[${host}]:${port}` : `${ipv4}:${port}`;
}

/** Splits `192.0.2.1:80`, `example.com:80` or `[2001:db8::1]:80`; undefined if it is none. */
export function parseHostPort(text: string): InetEndpoint | undefined {
  const [, host, digits] = /^(\[[\w:.%]+\]|[^:[\]]+):(\d{1,5})$/.exec(text) ?? [];
  return host === undefined ? undefined : { host: withoutBrackets(host), port: Number(digits) };
}

/** A host without the brackets that an IPv6 address has in a URL. */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}
