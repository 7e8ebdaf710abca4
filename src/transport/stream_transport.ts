/**
 * Accepts stream connections, up to the cap.
 *
 * @module
 */

import type { ParsedAddress } from "../address.ts";
import type { ConnectionRegistry } from "../connection/registry.ts";
import type { Service } from "../connection/service.ts";
import { StreamConnection } from "../connection/stream.ts";
import { formatEndpoint, isAbstract } from "../runtime/endpoint.ts";
import { runtime } from "../runtime/mod.ts";
import type { SocketEvents, StreamSocket, TlsIdentity } from "../runtime/runtime.ts";
import type { OpenOptions, OpenTransport } from "./transport.ts";

/** What a stream transport needs to know of its service. */
export interface StreamTransportOptions<In, Out> extends OpenOptions {
  service: Service<In, Out>;
  registry: ConnectionRegistry<StreamConnection<In, Out>>;
  maxConnections: number;
  backlog: number;
  tls?: TlsIdentity;
  /** Called with each connection before its handlers are. */
  prepare: (connection: StreamConnection<In, Out>) => void;
}

/** Listens on a stream address. */
export async function openStreamTransport<In, Out>(
  { endpoint, transport }: ParsedAddress,
  options: StreamTransportOptions<In, Out>,
): Promise<OpenTransport> {
  const { fd, reusePort, backlog, tls } = options;
  const listen = () =>
    runtime.listen(
      { endpoint, fd, reusePort, backlog, tls },
      (socket) => accept(socket, transport, options),
    );
  if (fd !== undefined || !("path" in endpoint) || isAbstract(endpoint.path)) {
    const listener = await listen();
    return { endpoint: listener.endpoint, stop: () => listener.close() };
  }
  const { closeSocketFile, openSocketFile } = await import("../runtime/socket_file.ts");
  const { path } = endpoint;
  const { opened: listener, file } = await openSocketFile(path, formatEndpoint(endpoint), listen);
  return {
    endpoint: listener.endpoint,
    stop: () => closeSocketFile(file, () => listener.close()),
  };
}

function accept<In, Out>(
  socket: StreamSocket,
  transport: ParsedAddress["transport"],
  { service, registry, maxConnections, prepare }: StreamTransportOptions<In, Out>,
): SocketEvents | undefined {
  if (registry.size >= maxConnections) {
    service.statistics.refused++;
    return undefined;
  }
  service.statistics.connections++;
  const connection = new StreamConnection(socket, transport, service);
  registry.add(connection);
  prepare(connection);
  return connection;
}
