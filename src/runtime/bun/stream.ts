/**
 * Stream sockets on Bun, with `Bun.listen`. TLS uses Bun's `node:tls`.
 *
 * @module
 */

import type { Descriptors } from "../descriptors.ts";
import { connectionError, listenError } from "../errors.ts";
import type {
  Accept,
  AcceptNode,
  Endpoint,
  Listener,
  ListenOptions,
  SocketEvents,
  StreamSocket,
} from "../runtime.ts";
import { acceptForNode, listenNode } from "../shared/node_net.ts";
import { formatEndpoint, formatHostPort, systemPath } from "../sockets/endpoint.ts";
import { bunGlobal, type BunListener, type BunSocket } from "./api.ts";
import { bunDescriptors } from "./descriptors.ts";

// Loaded with the service: an app may connect only after its package was replaced by a newer one.
export { connectNode as connect } from "../shared/node_connect.ts";

class BunStreamSocket implements StreamSocket {
  readonly remoteAddress: string;
  #socket: BunSocket<BunStreamSocket>;
  #events!: SocketEvents;
  #unixPath: string | undefined;
  /** The unwritten rest of a write: `#rest[#restStart]` up to `#rest[#restEnd]`. */
  #rest: Uint8Array | undefined;
  #restStart = 0;
  #restEnd = 0;
  #closed = false;
  /** True between this side's end and the peer's. */
  #awaitsEnd = false;

  constructor(socket: BunSocket<BunStreamSocket>, unixPath: string | undefined) {
    this.#socket = socket;
    this.#unixPath = unixPath;
    // Bun loses the peer's address when the connection ends, but handlers need it in `onClose`,
    // too.
    this.remoteAddress = unixPath === undefined
      ? formatHostPort(socket.remoteAddress, socket.remotePort)
      : "unix:";
  }

  get localAddress(): string {
    if (this.#unixPath !== undefined) return `unix:${this.#unixPath}`;
    return formatHostPort(this.#socket.localAddress, this.#socket.localPort);
  }

  start(events: SocketEvents): void {
    this.#events = events;
    events.opened();
  }

  write(bytes: Uint8Array, length: number): boolean {
    return this.#write(bytes, 0, length);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#awaitsEnd = true;
    this.#socket.shutdown();
  }

  finish(): void {
    this.destroy();
  }

  destroy(): void {
    this.#awaitsEnd = false;
    this.#socket.close();
    this.close();
  }

  terminate(): void {
    this.#awaitsEnd = false;
    this.#socket.terminate();
    this.close();
  }

  data(chunk: Uint8Array): void {
    if (!this.#closed) this.#events.received(chunk, chunk.length);
  }

  ended(): void {
    this.#awaitsEnd = false;
    if (!this.#closed) this.#events.ended();
  }

  drain(): void {
    const rest = this.#rest;
    if (rest === undefined || this.#closed) return;
    this.#rest = undefined;
    if (this.#write(rest, this.#restStart, this.#restEnd)) this.#events.flushed();
  }

  close(error?: unknown): void {
    if (this.#closed) return;
    // Bun does not report the end of a peer after this side has ended.
    if (error === undefined && this.#awaitsEnd) this.ended();
    if (this.#closed) return;
    this.#closed = true;
    this.#events.closed(error === undefined ? undefined : connectionError(error));
  }

  #write(bytes: Uint8Array, start: number, end: number): boolean {
    const count = this.#socket.write(bytes, start, end - start);
    if (count === end - start) return true;
    // Bun sends no more events for a socket that is paused and has failed.
    if (count < 0) queueMicrotask(() => this.#fail());
    this.#rest = bytes;
    this.#restStart = start + Math.max(count, 0);
    this.#restEnd = end;
    if (count > 0) this.#events.progressed(count);
    return false;
  }

  #fail(): void {
    if (this.#closed) return;
    this.#socket.close();
    this.close(new Error("The peer has closed or reset it"));
  }
}

/** Opens a listening stream socket. */
export async function listen(options: ListenOptions, accept: Accept): Promise<Listener> {
  const { endpoint, fd, reusePort, backlog } = options;
  // Bun's default is 512, too few for a burst of clients, whose lost SYNs are sent again after a
  // second.
  const descriptors = bunDescriptors();
  // `Bun.listen` opens a connection before its handshake is done, and waits for the handshake
  // without limit.
  if (options.tls !== undefined) {
    return await listenNode(options, accept, {
      onListening: ({ _handle }) => descriptors?.setBacklog(_handle!.fd!, backlog),
    });
  }
  const unixPath = "path" in endpoint ? endpoint.path : undefined;
  try {
    const listener = bunGlobal().listen<BunStreamSocket>({
      ...(fd !== undefined ? { fd } : target(endpoint)),
      reusePort,
      allowHalfOpen: true,
      socket: socketHandlers(unixPath, accept),
    });
    descriptors?.setBacklog(listener.fd, backlog);
    return {
      endpoint: endpointOf(listener, options, descriptors),
      close: () => listener.stop(),
    };
  } catch (error) {
    throw listenError(error, formatEndpoint(endpoint));
  }
}

/** Opens a listening stream socket for a server of `node:http`. */
export function listenForNode(options: ListenOptions, accept: AcceptNode): Promise<Listener> {
  const descriptors = bunDescriptors();
  return acceptForNode(options, accept, ({ _handle }) => {
    descriptors?.setBacklog(_handle!.fd!, options.backlog);
  });
}

function endpointOf(
  listener: BunListener,
  { endpoint, fd }: ListenOptions,
  descriptors: Descriptors | undefined,
): Endpoint {
  if ("path" in endpoint) return endpoint;
  if (fd === undefined) return { host: listener.hostname, port: listener.port };
  // Bun does not read the port of an inherited socket.
  return { host: endpoint.host, port: descriptors?.port(fd) ?? endpoint.port };
}

function target(endpoint: Endpoint): { unix: string } | { hostname: string; port: number } {
  if ("path" in endpoint) return { unix: systemPath(endpoint.path) };
  return { hostname: endpoint.host, port: endpoint.port };
}

function socketHandlers(unixPath: string | undefined, accept: Accept) {
  return {
    binaryType: "uint8array" as const,
    open(socket: BunSocket<BunStreamSocket>): void {
      // A peer that has already reset the connection has no address any more.
      if (unixPath === undefined && !socket.remoteAddress) return socket.terminate();
      const stream = new BunStreamSocket(socket, unixPath);
      const events = accept(stream);
      if (events === undefined) {
        socket.terminate();
        return;
      }
      socket.data = stream;
      socket.setNoDelay(true);
      socket.setKeepAlive(true);
      stream.start(events);
    },
    data: (socket: BunSocket<BunStreamSocket>, chunk: Uint8Array) => socket.data.data(chunk),
    drain: (socket: BunSocket<BunStreamSocket>) => socket.data?.drain(),
    end: (socket: BunSocket<BunStreamSocket>) => socket.data.ended(),
    close: (socket: BunSocket<BunStreamSocket>, error?: unknown) => socket.data?.close(error),
    error: (socket: BunSocket<BunStreamSocket>, error: unknown) => socket.data?.close(error),
  };
}
