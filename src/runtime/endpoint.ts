/**
 * How an endpoint is written.
 *
 * @module
 */

import type { Endpoint } from "./runtime.ts";

/** Writes an endpoint as `192.0.2.1:80`, `[2001:db8::1]:80` or `unix:/run/x.sock`. */
export function formatEndpoint(endpoint: Endpoint): string {
  if ("path" in endpoint) return `unix:${endpoint.path}`;
  return formatHostPort(endpoint.host, endpoint.port);
}

/** Writes a host and port, an IPv6 host in brackets (RFC 3986 section 3.2.2). */
export function formatHostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
