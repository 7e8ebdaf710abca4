/**
 * Accepts stream connections, up to `maxConnections`.
 *
 * @module
 */

import type { ParsedAddress } from "../address.ts";
import { callApplication, logFault, reasonOf } from "../calls.ts";
import type { ClientPolicy } from "../clients/policy.ts";
import { LimitedConnection, type LimitedOptions } from "../connection/limited.ts";
import type { ConnectionRegistry } from "../connection/registry.ts";
import { report, type Service } from "../connection/service.ts";
import { StreamConnection } from "../connection/stream.ts";
import { GoerError } from "../errors.ts";
import type { Connection } from "../protocol/connection.ts";
import { formatEndpoint, isAbstract } from "../runtime/sockets/endpoint.ts";
import { runtime } from "../runtime/mod.ts";
import type {
  Listener,
  ListenOptions,
  SocketEvents,
  StreamSocket,
  TlsIdentity,
} from "../runtime/runtime.ts";
import { ProxiedSocket } from "./proxied_socket.ts";
import type { OpenOptions, OpenTransport } from "./transport.ts";

/** What a stream transport needs from its service. */
export interface StreamTransportOptions<In, Out> extends OpenOptions {
  service: Service<In, Out>;
  registry: ConnectionRegistry<StreamConnection<In, Out>>;
  maxConnections: number;
  backlog: number;
  tls?: TlsIdentity;
  /** Creates the state of a connection, before its handlers are called. */
  prepare?: ((connection: StreamConnection<In, Out>) => unknown) | undefined;
}

/** The protocols of web browsers, whose users forget the s of https. */
const WEB_PROTOCOLS: readonly string[] = ["http", "websocket"];

const PLAIN_TEXT = "400 Bad Request: this port needs TLS. Write https:// in the address.\n";

/** The answer to a request in plain text on a port with TLS, as nginx gives it. */
const PLAIN_REPLY = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n" +
  `Content-Length: ${PLAIN_TEXT.length}\r\nConnection: close\r\n\r\n${PLAIN_TEXT}`;

/** Listens on a stream address. */
export async function openStreamTransport<In, Out>(
  { endpoint, transport }: ParsedAddress,
  options: StreamTransportOptions<In, Out>,
): Promise<OpenTransport> {
  const { fd, reusePort, backlog, tls, service } = options;
  const { proxyProtocol, limits } = service.clients ?? {};
  const beforeTls = tls && {
    plainReply: WEB_PROTOCOLS.includes(service.protocol.name) ? PLAIN_REPLY : undefined,
    openPreface: proxyProtocol && ((peer: string) => proxyProtocol.open(peer)),
    prefaceTimeout: proxyProtocol?.timeout,
    refused: () => void service.statistics.refused++,
    admit: limits && ((client: string) => {
      const usage = limits.admit(client);
      return usage && (() => limits.release(usage));
    }),
  };
  return await openListener({ endpoint, fd, reusePort, backlog, tls, beforeTls }, (given) => {
    return runtime.listen(given, (socket) => accept(socket, transport, options));
  });
}

/** Has `open` listen at an address; at the path of a Unix socket, with care for the file there. */
export async function openListener(
  options: ListenOptions,
  open: (options: ListenOptions) => Promise<Listener>,
): Promise<OpenTransport> {
  const { endpoint, fd } = options;
  const listen = () => open(options);
  if (fd !== undefined || !("path" in endpoint) || isAbstract(endpoint.path)) {
    const listener = await listen();
    return { endpoint: listener.endpoint, stop: () => listener.close(), idle: listener.idle };
  }
  const { closeSocketFile, openSocketFile } = await import("../runtime/sockets/socket_file.ts");
  const { path } = endpoint;
  const { opened: listener, file } = await openSocketFile(path, formatEndpoint(endpoint), listen);
  return {
    endpoint: listener.endpoint,
    stop: () => closeSocketFile(file, () => listener.close()),
    idle: listener.idle,
  };
}

function accept<In, Out>(
  given: StreamSocket,
  transport: ParsedAddress["transport"],
  options: StreamTransportOptions<In, Out>,
): SocketEvents | undefined {
  const { service, registry, maxConnections, prepare } = options;
  if (registry.size >= maxConnections) {
    service.statistics.refused++;
    return undefined;
  }
  const limited = limitsOf(given, transport, service);
  if (limited === false) {
    service.statistics.refused++;
    return undefined;
  }
  service.statistics.connections++;
  // Before TLS, the runtime has read the header already.
  const proxied = transport === "tls" ? undefined : proxiedSocket(given, options);
  const connection = open(proxied ?? given, service, (socket) => {
    if (limited === undefined) return new StreamConnection(socket, transport, service);
    return new LimitedConnection(socket, transport, service, limited);
  });
  if (connection === undefined) {
    service.statistics.ended.protocol_error++;
    if (limited?.usage) limited.limits.release(limited.usage);
    return undefined;
  }
  registry.add(connection);
  proxied?.start(connection);
  if (prepare !== undefined) {
    callApplication(
      () => prepare(connection),
      (thrown) => connection.handlerFailed("state", thrown),
    );
  }
  return proxied ?? connection;
}

/** What limits the client of a socket; `false` if it is refused. */
function limitsOf(
  socket: StreamSocket,
  transport: ParsedAddress["transport"],
  { clients }: { readonly clients?: ClientPolicy },
): LimitedOptions | false | undefined {
  const { limits, proxyProtocol } = clients ?? {};
  if (limits === undefined) return undefined;
  // Behind a proxy, the client is not known yet. With TLS, it was admitted before its handshake.
  if (transport === "tls" || proxyProtocol !== undefined) return { limits, usage: undefined };
  const usage = limits.admit(socket.remoteAddress);
  return usage !== undefined && { limits, usage };
}

function proxiedSocket<In, Out>(
  socket: StreamSocket,
  { service }: StreamTransportOptions<In, Out>,
): ProxiedSocket | undefined {
  const proxyProtocol = service.clients?.proxyProtocol;
  return proxyProtocol && new ProxiedSocket(socket, proxyProtocol, (events, error) => {
    const connection = events as StreamConnection<In, Out>;
    service.statistics.refused++;
    connection.endsFor("protocol_error");
    report(service, connection as Connection<Out>, error);
  });
}

/** If a protocol cannot open its session, only this connection ends. */
function open<In, Out>(
  socket: StreamSocket,
  service: Service<In, Out>,
  create: (socket: StreamSocket) => StreamConnection<In, Out>,
): StreamConnection<In, Out> | undefined {
  try {
    return create(socket);
  } catch (cause) {
    const { name } = service.protocol;
    const message = `The protocol ${name} cannot serve ${socket.remoteAddress}: ${reasonOf(cause)}`;
    logFault(new GoerError("GOER_PROTOCOL", message, { cause }), service);
  }
}
