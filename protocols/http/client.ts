/**
 * Who has sent a request, as this service or its trusted proxies see it.
 *
 * @module
 */

import { forwardedClient } from "../../src/clients/forwarded.ts";
import { hostOf } from "../../src/clients/host_port.ts";
import type { Connection } from "../../src/protocol/connection.ts";
import type { SessionContext } from "../../src/protocol/protocol.ts";
import { asciiBytes } from "./characters.ts";
import type { HttpHeaders } from "./headers.ts";
import { isHost } from "./host.ts";

/** Who has sent a request: {@linkcode HttpRequest.client}. */
export interface RequestClient {
  /** The IP address: `"192.0.2.1"`, `"2001:db8::1"`; `"unix:"` for a client on a Unix socket. */
  readonly address: string;
  /** How the client has sent the request. */
  readonly protocol: "http" | "https";
  /** The host that the client has asked for, with its port if it has one, or `""`. */
  readonly host: string;
}

/** What is asked of a request. */
interface FromClient {
  readonly headers: HttpHeaders;
  readonly host: string;
}

/** The client of a request that came without a trusted proxy. */
export function directClient(request: FromClient, connection: Connection<never>): RequestClient {
  const protocol = connection.transport === "tls" ? "https" : "http";
  return { address: hostOf(connection.remoteAddress), protocol, host: request.host };
}

/**
 * The client of a request from a trusted proxy. It becomes the client of the connection, until the
 * next request.
 */
export function identifyClient(
  request: FromClient,
  context: SessionContext<never, never>,
): RequestClient {
  const client = forwardedClient(context.trustedProxies!, request.headers);
  context.setClient?.(client);
  const direct = directClient(request, context.connection as Connection<never>);
  if (client === undefined) return direct;
  const { protocol, host } = client;
  return {
    address: direct.address,
    protocol: protocol ?? direct.protocol,
    host: host !== undefined && isHostText(host) ? host : direct.host,
  };
}

function isHostText(host: string): boolean {
  const bytes = asciiBytes(host);
  return isHost(bytes, 0, bytes.length);
}
