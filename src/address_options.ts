/**
 * Refuses options that have no effect for the address or the protocol of a service.
 *
 * @module
 */

import type { ParsedAddress } from "./address.ts";
import type { ClientOptions } from "./clients/policy.ts";
import { checkDatagramLimits, checkLimitAction } from "./clients/client_limits_option.ts";
import { invalidOption } from "./numbers.ts";

/** Not for UDP: it has no connections, and the system queues what is sent. */
const STREAMS_ONLY = [
  "allowHalfOpen",
  "backlog",
  "drain",
  "idleTimeout",
  "lingerTimeout",
  "maxConnectionAge",
  "maxConnections",
  "maxGroupsPerConnection",
  "maxSendBufferSize",
  "onBufferDrain",
  "onBufferFull",
  "onClose",
  "onConnect",
  "onEnd",
  "proxyProtocol",
] as const;

/** Not for a connection over UDP: it has no handshake, no end and no stream. */
const OUTGOING_STREAMS_ONLY = [
  "allowHalfOpen",
  "idleTimeout",
  "lingerTimeout",
  "maxSendBufferSize",
  "onBufferDrain",
  "onBufferFull",
  "onDisconnect",
  "onEnd",
  "onReconnect",
  "proxy",
  "proxyHeader",
  "reconnect",
] as const;

/** Handlers that only WebSocket calls. */
const WEB_SOCKET_ONLY = ["onPong", "onUpgrade"] as const;

/** What protocols with an end of their own have no use for. */
const PLAIN_END_ONLY = ["allowHalfOpen", "onEnd"] as const;

/** The protocols that end a connection in their own way. */
const OWN_END = ["http", "websocket"];

/** The protocols that cannot be upgraded to WebSocket. */
const NEVER_WEB_SOCKET = ["raw", "text", "frame"];

/** Options, or a service with its handlers. */
type Given =
  & { readonly [Name in typeof STREAMS_ONLY[number]]?: unknown }
  & Pick<ClientOptions, "clientLimits">;

/**
 * Refuses options that only streams have, for a UDP address.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if there is one.
 */
export function checkStreamOptions(given: Given, { transport }: ParsedAddress): void {
  if (transport !== "udp") return;
  checkDatagramLimits(given.clientLimits);
  const name = STREAMS_ONLY.find((one) => given[one] !== undefined);
  if (name !== undefined) {
    throw invalidOption(name, "a TCP, TLS or Unix address", "UDP, which has no connections");
  }
}

/**
 * Refuses options of `connect` that only streams have, for a UDP address.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if there is one.
 */
export function checkOutgoingStreamOptions(
  given: { readonly [Name in typeof OUTGOING_STREAMS_ONLY[number]]?: unknown },
  { transport }: ParsedAddress,
): void {
  if (transport !== "udp") return;
  const name = OUTGOING_STREAMS_ONLY.find((one) => given[one] !== undefined);
  if (name !== undefined) throw invalidOption(name, "a TCP, TLS or Unix address", "UDP");
}

/**
 * Checks that TLS has a certificate, and other transports have none.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if not.
 */
export function checkTls(tls: unknown, address: string, { transport }: ParsedAddress): void {
  if (transport === "tls" && tls === undefined) {
    throw invalidOption("tls", `cert and key for the address ${address}`, "nothing");
  }
  checkNoTls(tls, address, transport);
}

/** Refuses TLS options for an address without TLS: secret data would be sent unencrypted. */
export function checkNoTls(tls: unknown, address: string, transport: string): void {
  if (transport === "tls" || tls === undefined) return;
  throw invalidOption("tls", "an address with TLS, such as tls://, https:// or wss://", address);
}

/**
 * Refuses options that the protocol never uses.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if there is one.
 */
export function checkProtocolOptions(
  { trustedProxies, clientLimits }: ClientOptions,
  protocol: string,
): void {
  checkLimitAction(clientLimits, protocol);
  if (trustedProxies === undefined || !NEVER_WEB_SOCKET.includes(protocol)) return;
  throw invalidOption("trustedProxies", "an http or websocket service", `a ${protocol} service`);
}

/** Options that only some protocols have. */
type OfProtocol = {
  readonly [Name in typeof WEB_SOCKET_ONLY[number] | typeof PLAIN_END_ONLY[number]]?: unknown;
};

/**
 * Refuses handlers and options that the protocol never uses.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if there is one.
 */
export function checkProtocolHandlers(given: OfProtocol, protocol: string): void {
  if (OWN_END.includes(protocol)) {
    const name = PLAIN_END_ONLY.find((one) => given[one] !== undefined);
    if (name === undefined) return;
    throw invalidOption(name, "a protocol without an end of its own", `a ${protocol} service`);
  }
  if (!NEVER_WEB_SOCKET.includes(protocol)) return;
  const name = WEB_SOCKET_ONLY.find((one) => given[one] !== undefined);
  if (name !== undefined) {
    throw invalidOption(name, "a websocket service", `a ${protocol} service`);
  }
}
