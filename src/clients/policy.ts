/**
 * Who the clients of a service are, and what they may do.
 *
 * @module
 */

import type { TrustedProxies } from "../protocol/protocol.ts";
import { ClientLimits } from "./client_limits.ts";
import type { ClientLimitOptions } from "./client_limits_option.ts";
import { ProxyProtocol, type ProxyProtocolOptions } from "./proxy_protocol.ts";
import { trustedProxies, type TrustedProxyOptions } from "./trusted_proxies.ts";

/** Options about the clients of a service. */
export interface ClientOptions {
  /**
   * The proxies that begin each connection with a PROXY header, version 1 or 2: before the
   * handshake of TLS, on any stream service. `remoteAddress` of the connection is then the client,
   * `proxyAddress` the proxy, and `proxyHeader` has the whole header. A proxy that sends no valid
   * header in time is disconnected, and so is anybody else who sends one. Default: none.
   */
  proxyProtocol?: ProxyProtocolOptions;
  /**
   * HTTP and WebSocket: the proxies that may say who their client is, in `X-Forwarded-For`,
   * `X-Forwarded-Proto` and `X-Forwarded-Host`, or in `Forwarded` (RFC 7239). The client is the
   * last address in the list that is not one of them: `request.client`, and `remoteAddress` of the
   * connection. IP addresses, networks such as `"10.0.0.0/8"`, and `"unix:"` for all peers of a
   * Unix socket. Your proxies must set or remove these fields, also in requests that have them.
   * Default: none.
   */
  trustedProxies?: readonly string[] | TrustedProxyOptions;
  /**
   * What each client may do: connections, messages and bytes. A client is who the PROXY header or
   * one of the `trustedProxies` names. Their own connections are not limited. Default: no limits.
   */
  clientLimits?: ClientLimitOptions;
}

/** The options, checked. */
export class ClientPolicy {
  /** The proxies of connections. */
  readonly proxyProtocol: ProxyProtocol | undefined;
  /** The proxies of requests. */
  readonly trustedProxies: TrustedProxies | undefined;
  /** What each client may do. */
  readonly limits: ClientLimits | undefined;

  /** @throws {GoerError} `GOER_INVALID_ARGUMENT` if an option is not valid. */
  constructor(options: ClientOptions) {
    this.proxyProtocol = options.proxyProtocol && new ProxyProtocol(options.proxyProtocol);
    this.trustedProxies = trustedProxies(options.trustedProxies);
    const { clientLimits } = options;
    this.limits = clientLimits && new ClientLimits(clientLimits, this.trustedProxies);
  }
}
