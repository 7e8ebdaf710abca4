/**
 * Sockets on Bun: `Bun.listen` and `Bun.udpSocket`.
 *
 * @module
 */

import type { BunGlobal, BunListener, BunSocket, BunUdpSocket } from "./types.ts";
import type { Descriptors } from "../descriptors.ts";
import { loadDescriptors } from "../load_descriptors.ts";
import { formatEndpoint, formatHostPort, systemPath } from "../sockets/endpoint.ts";
import { connectionError, listenError } from "../errors.ts";
import { bindNodeDatagram, DatagramGate } from "../shared/node_dgram.ts";
import type {
  Accept,
  DatagramOptions,
  DatagramSocket,
  Endpoint,
  InetEndpoint,
  Listener,
  ListenOptions,
  Receive,
  Runtime,
  SocketEvents,
  StreamSocket,
} from "../runtime.ts";

function bunGlobal(): BunGlobal {
  return (globalThis as unknown as { Bun: BunGlobal }).Bun;
}

// ---- stream sockets ----

class BunStreamSocket implements StreamSocket {
  readonly remoteAddress: string;
  #socket: BunSocket<BunStreamSocket>;
  #events!: SocketEvents;
  #unixPath: string | undefined;
  /** What the system has not taken of a write: `#rest[#restStart]` up to `#rest[#restEnd]`. */
  #rest: Uint8Array | undefined;
  #restStart = 0;
  #restEnd = 0;
  #closed = false;

  constructor(socket: BunSocket<BunStreamSocket>, unixPath: string | undefined) {
    this.#socket = socket;
    this.#unixPath = unixPath;
    // Bun forgets the peer's address with the connection; handlers want it in `onClose` too.
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
    this.#socket.shutdown();
  }

  finish(): void {
    this.destroy();
  }

  destroy(): void {
    this.#socket.close();
    this.close();
  }

  terminate(): void {
    this.#socket.terminate();
    this.close();
  }

  data(chunk: Uint8Array): void {
    if (!this.#closed) this.#events.received(chunk, chunk.length);
  }

  ended(): void {
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
    this.#closed = true;
    this.#events.closed(error === undefined ? undefined : connectionError(error));
  }

  #write(bytes: Uint8Array, start: number, end: number): boolean {
    const count = this.#socket.write(bytes, start, end - start);
    if (count === end - start) return true;
    // Bun says nothing more of a socket that is paused and has failed.
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

async function listen(options: ListenOptions, accept: Accept): Promise<Listener> {
  const { endpoint, fd, reusePort, backlog } = options;
  // Bun has 512 built in: too few for a burst of clients, whose lost SYNs come again after a second.
  const descriptors = await loadDescriptors();
  // `Bun.listen` opens a connection before its handshake is done, and waits for that without end.
  if (options.tls !== undefined) {
    const { listenNode } = await import("../shared/node_net.ts");
    return listenNode(options, accept, {
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

function endpointOf(
  listener: BunListener,
  { endpoint, fd }: ListenOptions,
  descriptors: Descriptors | undefined,
): Endpoint {
  if ("path" in endpoint) return endpoint;
  if (fd === undefined) return { host: listener.hostname, port: listener.port };
  // Bun does not ask an inherited socket where it is bound.
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
      // A peer that has reset the connection by now has no address any more.
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

// ---- datagram sockets ----

class BunDatagramSocket implements DatagramSocket {
  readonly endpoint: InetEndpoint;
  #socket: BunUdpSocket;
  #gate: DatagramGate;
  #unsent: (() => void)[] = [];
  #closed = false;

  constructor(socket: BunUdpSocket, gate: DatagramGate) {
    this.endpoint = { host: socket.hostname, port: socket.port };
    this.#socket = socket;
    this.#gate = gate;
  }

  async send(bytes: Uint8Array, peer: InetEndpoint): Promise<void> {
    while (!this.#closed && !this.#send(bytes, peer)) {
      await new Promise<void>((resolve) => this.#unsent.push(resolve));
    }
  }

  #send(bytes: Uint8Array, { host, port }: InetEndpoint): boolean {
    try {
      return this.#socket.send(bytes, port, host);
    } catch {
      // The system may have reported what became of an earlier datagram, to a peer that is gone.
      return this.#socket.send(bytes, port, host);
    }
  }

  /** The system takes datagrams again. */
  drain(): void {
    for (const resolve of this.#unsent.splice(0)) resolve();
  }

  pause(): void {
    this.#gate.pause();
  }

  resume(): void {
    this.#gate.resume();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
    this.drain();
  }
}

async function bindDatagram(options: DatagramOptions, receive: Receive): Promise<DatagramSocket> {
  // `Bun.udpSocket` can neither adopt a socket nor bind beside another.
  if (options.fd !== undefined || options.reuseAddress) return bindNodeDatagram(options, receive);
  const gate = new DatagramGate(receive);
  let bound: BunDatagramSocket | undefined;
  try {
    const socket = await bunGlobal().udpSocket({
      hostname: options.endpoint.host,
      port: options.endpoint.port,
      binaryType: "uint8array",
      socket: {
        data: (_socket, bytes, port, host) => gate.received(bytes, { host, port }),
        drain: () => bound?.drain(),
        // An ICMP answer to an earlier reply: it concerns a peer that is gone.
        error: () => {},
      },
    });
    return bound = new BunDatagramSocket(socket, gate);
  } catch (error) {
    throw listenError(error, formatEndpoint(options.endpoint));
  }
}

// ---- the runtime ----

/** Bun. */
export const bun: Runtime = {
  name: "bun",
  get version(): string {
    return bunGlobal().version;
  },
  capabilities: {
    adoptStream: true,
    adoptDatagram: true,
    reset: true,
    backlogOfUnix: true,
    reusePort: true,
  },
  listen,
  connect: async (options) => (await import("../shared/node_net.ts")).connectNode(options),
  bindDatagram,
};
