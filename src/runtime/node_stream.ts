/**
 * Stream sockets of `node:net` and `node:tls`: all of Node's, and elsewhere those that the runtime's
 * own API cannot open.
 *
 * @module
 */

import * as net from "node:net";
import * as tls from "node:tls";
import { formatEndpoint, formatHostPort } from "./endpoint.ts";
import { connectError, connectionError, listenError } from "./errors.ts";
import { createTlsServer } from "./node_tls.ts";
import { plainBytes } from "./plain_bytes.ts";
import type {
  Accept,
  ConnectOptions,
  Endpoint,
  Listener,
  ListenOptions,
  SocketEvents,
  StreamSocket,
} from "./runtime.ts";

class NodeSocket implements StreamSocket {
  readonly remoteAddress: string;
  #socket: net.Socket;
  #events!: SocketEvents;
  #unixPath: string | undefined;
  #pending = false;
  #closed = false;
  #error: Error | undefined;

  constructor(socket: net.Socket, unixPath: string | undefined) {
    this.#socket = socket;
    this.#unixPath = unixPath;
    // Node forgets the peer's address with the connection; handlers want it in `onClose` too.
    this.remoteAddress = unixPath === undefined
      ? formatHostPort(socket.remoteAddress ?? "", socket.remotePort ?? 0)
      : "unix:";
  }

  get localAddress(): string {
    if (this.#unixPath !== undefined) return `unix:${this.#unixPath}`;
    const { localAddress, localPort } = this.#socket;
    return formatHostPort(localAddress ?? "", localPort ?? 0);
  }

  start(events: SocketEvents): void {
    this.#events = events;
    const socket = this.#socket;
    socket.on("data", (chunk: Uint8Array) => {
      if (!this.#closed) events.received(plainBytes(chunk), chunk.length);
    });
    socket.on("end", () => {
      if (!this.#closed) events.ended();
    });
    socket.on("error", (error) => this.#error = connectionError(error));
    socket.on("close", () => this.#close());
    events.opened();
  }

  write(bytes: Uint8Array): boolean {
    const socket = this.#socket;
    socket.write(bytes, this.#written);
    if (socket.writableLength === 0) return true;
    this.#pending = true;
    return false;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
    this.#close();
  }

  /** Follows every write; one that was done at once has been told already. */
  #written = (error?: Error | null): void => {
    if (!this.#pending || error) return;
    this.#pending = false;
    if (!this.#closed) this.#events.flushed();
  };

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#events.closed(this.#error);
  }
}

/** Listens by `node:net` or `node:tls`, on an address or an inherited descriptor. */
export async function listenNode(options: ListenOptions, accept: Accept): Promise<Listener> {
  const unixPath = "path" in options.endpoint ? options.endpoint.path : undefined;
  const server = createServer(options, (netSocket) => {
    const socket = new NodeSocket(netSocket, unixPath);
    const events = accept(socket);
    if (events === undefined) netSocket.destroy();
    else socket.start(events);
  });
  return await new Promise((resolve, reject) => {
    server.once("error", (error) => reject(listenError(error, formatEndpoint(options.endpoint))));
    server.listen(target(options), () => {
      server.removeAllListeners("error");
      // Where accepting one peer fails (no descriptor is left), the others go on.
      server.on("error", () => {});
      resolve({
        endpoint: endpointOf(server, options.endpoint),
        close: () => void server.close(),
      });
    });
  });
}

function createServer(
  { tls: identity, endpoint }: ListenOptions,
  accept: (socket: net.Socket) => void,
): net.Server {
  const options = { allowHalfOpen: true, noDelay: true, keepAlive: true };
  if (identity === undefined) return net.createServer(options, accept);
  return createTlsServer(identity, { ...options, address: formatEndpoint(endpoint) }, accept);
}

function target({ endpoint, fd, backlog, reusePort }: ListenOptions): net.ListenOptions {
  if (fd !== undefined) return { fd, backlog } as net.ListenOptions;
  if ("path" in endpoint) return { path: endpoint.path, backlog };
  const inet = { host: endpoint.host, port: endpoint.port, backlog };
  return reusePort ? { ...inet, reusePort } as net.ListenOptions : inet;
}

function endpointOf(server: net.Server, asked: Endpoint): Endpoint {
  const address = server.address();
  if ("path" in asked || address === null || typeof address === "string") return asked;
  return { host: address.address ?? asked.host, port: address.port ?? asked.port };
}

/**
 * Connects by `node:net` or `node:tls`: on each runtime, since making one connection takes longer than
 * what another API could save.
 */
export function connectNode(options: ConnectOptions): Promise<StreamSocket> {
  const { endpoint, signal } = options;
  const unixPath = "path" in endpoint ? endpoint.path : undefined;
  return new Promise((resolve, reject) => {
    const socket = createConnection(options);
    const abort = () => give(signal.reason);
    const give = (cause: unknown) => {
      // Deno keeps a process alive as long as somebody waits for a signal that is a timeout.
      signal.removeEventListener("abort", abort);
      socket.destroy();
      reject(connectError(cause, formatEndpoint(endpoint)));
    };
    socket.once("error", give);
    signal.addEventListener("abort", abort);
    socket.once(options.tls === undefined ? "connect" : "secureConnect", () => {
      signal.removeEventListener("abort", abort);
      socket.off("error", give);
      resolve(new NodeSocket(socket, unixPath));
    });
  });
}

function createConnection({ endpoint, tls: trust }: ConnectOptions): net.Socket {
  const target = "path" in endpoint
    ? { path: endpoint.path }
    : { host: endpoint.host, port: endpoint.port };
  const options = { ...target, allowHalfOpen: true, noDelay: true, keepAlive: true };
  if (trust === undefined) return net.connect(options);
  const host = trust.serverName ?? ("host" in endpoint ? endpoint.host : "localhost");
  const servername = net.isIP(host) === 0 ? host : undefined;
  const socket = tls.connect({ ...options, ca: trust.ca, servername });
  socket.setNoDelay(true);
  return socket;
}
