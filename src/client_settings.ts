/**
 * Checks the options of an outgoing connection, and fills in defaults.
 *
 * @module
 */

import { parseAddress, type ParsedAddress } from "./address.ts";
import {
  checkNoTls,
  checkOutgoingStreamOptions,
  checkProtocolHandlers,
} from "./address_options.ts";
import { encodeProxyHeader } from "./clients/proxy_header_option.ts";
import type { ConnectOptions } from "./connect_options.ts";
import { GoerError } from "./errors.ts";
import { checkNumber, invalidOption, MAX_DELAY, MAX_SIZE } from "./numbers.ts";
import { checkConnectOptions, resolveLimits } from "./options.ts";
import type { ClientHandlers, ClientSettings } from "./outgoing/client.ts";
import { resolveReconnect } from "./outgoing/options.ts";
import { parseProxy } from "./outgoing/proxy_option.ts";
import type { Protocol } from "./protocol/protocol.ts";
import { type AnyProtocol, loadProtocol } from "./schemes.ts";

/** The default of `connectTimeout`, in ms. */
const DEFAULT_CONNECT_TIMEOUT = 10_000;

/** The default of `maxPendingRequests`. */
const DEFAULT_PENDING_REQUESTS = 10_000;

/**
 * What a client needs to connect to `address`, any number of times.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` or `GOER_NOT_SUPPORTED` if the address or an option is
 * not valid.
 */
export async function clientSettings<Kind extends AnyProtocol, State>(
  address: string,
  options: ConnectOptions<Kind, State>,
): Promise<ClientSettings> {
  checkConnectOptions(options);
  checkNumber("connectTimeout", options.connectTimeout, [1, MAX_DELAY]);
  checkNumber("maxPendingRequests", options.maxPendingRequests, [1, MAX_SIZE]);
  const reconnect = resolveReconnect(options.reconnect);
  const limits = resolveLimits(options);
  const parsed = parseTarget(address);
  checkOutgoingStreamOptions(options, parsed);
  checkReconnectHandlers(options, reconnect !== undefined);
  checkNoTls(options.tls, address, parsed.transport);
  const spoken = options.protocol ?? await loadProtocol(parsed.protocol);
  checkProtocolHandlers(options, spoken.name);
  return {
    target: {
      address,
      parsed,
      protocol: clientSide(spoken as Protocol<unknown>, address),
      limits,
      allowHalfOpen: options.allowHalfOpen,
      timeout: options.connectTimeout ?? DEFAULT_CONNECT_TIMEOUT,
      tls: options.tls,
      proxy: options.proxy === undefined ? undefined : parseProxy(options.proxy, parsed.endpoint),
      preface: options.proxyHeader && encodeProxyHeader(options.proxyHeader),
    },
    handlers: options as ClientHandlers,
    state: options.state,
    maxPendingRequests: options.maxPendingRequests ?? DEFAULT_PENDING_REQUESTS,
    reconnect,
  };
}

/** Refuses handlers that are only called with `reconnect`. */
function checkReconnectHandlers(
  options: { readonly [Name in "onDisconnect" | "onReconnect"]?: unknown },
  reconnects: boolean,
): void {
  if (reconnects) return;
  for (const name of ["onDisconnect", "onReconnect"] as const) {
    if (options[name] === undefined) continue;
    throw invalidOption(name, "the option reconnect beside it", "a handler that is never called");
  }
}

/** Parses the address of a peer. Addresses of WebSocket are URLs. */
function parseTarget(address: string): ParsedAddress {
  const parsed = parseUrl(address);
  const { endpoint } = parsed;
  if ("path" in endpoint || endpoint.port !== 0) return parsed;
  const reason = "port 0 is only for listening. Use the address that listen() returned";
  throw new GoerError("GOER_INVALID_ARGUMENT", `Cannot connect to ${address}: ${reason}`);
}

function parseUrl(address: string): ParsedAddress {
  const match = /^(ws|wss|websocket):\/\/(\[[^\]]*\]|[^:/?#]*)(:\d+)?([/?].*)?$/i.exec(address);
  if (match === null) return parseAddress(address);
  const [, scheme, host, port] = match;
  const defaultPort = scheme.toLowerCase() === "wss" ? ":443" : ":80";
  return parseAddress(`${scheme}://${host}${port ?? defaultPort}`);
}

/** The client side of a protocol. */
function clientSide(protocol: Protocol<unknown>, address: string): Protocol<unknown> {
  if (protocol.name === "http") {
    const message = `Cannot connect to ${address}: Goer has no HTTP client, use fetch instead`;
    throw new GoerError("GOER_NOT_SUPPORTED", message);
  }
  if (!("connect" in protocol) || protocol.connect === undefined) return protocol;
  const { name } = protocol;
  return { name, open: (context) => protocol.connect!(context, address) };
}
