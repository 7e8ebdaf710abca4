/**
 * Sockets on Deno: `Deno.listen` and `Deno.listenDatagram`. What those cannot do (a listening socket
 * inherited by file descriptor, TLS on one) is done by Deno's `node:net`.
 *
 * @module
 */

import { GoerError } from "../../errors.ts";
import { prepareSignals, resumeAccepting } from "./exhaustion.ts";
import { denoDescriptors, hasForeignFunctions } from "./descriptors.ts";
import { formatEndpoint, systemPath } from "../sockets/endpoint.ts";
import { connectionError, isPeerGone, listenError } from "../errors.ts";
import { delay } from "../process/native_timer.ts";
import { MAX_READ_SIZE, MIN_READ_SIZE, nextReadSize } from "../shared/read_buffer.ts";
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

// ---- stream sockets ----

class DenoSocket implements StreamSocket {
  readonly #conn: Deno.Conn;
  #events!: SocketEvents;
  #buffer = new Uint8Array(MIN_READ_SIZE);
  /** How many bytes the last read gave. */
  #previous = 0;
  /** True from the beginning of a read until what it gave has been taken, and after the last one. */
  #reading = false;
  #paused = false;
  #pending: Uint8Array | undefined;
  #closed = false;

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  get remoteAddress(): string {
    const address = this.#conn.remoteAddr;
    return "path" in address ? "unix:" : formatEndpoint(endpointOf(address));
  }

  get localAddress(): string {
    return formatEndpoint(endpointOf(this.#conn.localAddr));
  }

  start(events: SocketEvents): void {
    this.#events = events;
    events.opened();
    this.#read();
  }

  write(bytes: Uint8Array, length: number): boolean {
    this.#write(length === bytes.length ? bytes : bytes.subarray(0, length));
    return false;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#read();
  }

  end(): void {
    this.#conn.closeWrite().catch(this.#failed);
  }

  finish(): void {
    this.#close();
  }

  destroy(): void {
    this.#close();
  }

  // Deno has no way to send a reset: see `capabilities.reset`.
  terminate(): void {
    this.#close();
  }

  // A loop of an asynchronous function would take half a KiB more of each connection that waits.
  #read(): void {
    if (this.#reading || this.#paused || this.#closed) return;
    this.#reading = true;
    this.#conn.read(this.#buffer).then(this.#received, this.#failed);
  }

  #received = (count: number | null): void => {
    if (this.#closed) return;
    try {
      if (count === null) return this.#events.ended();
      const kept = this.#events.received(this.#buffer, count);
      const size = nextReadSize(this.#buffer.length, count, this.#previous);
      if (kept || size !== this.#buffer.length) this.#buffer = new Uint8Array(size);
      this.#previous = count;
    } catch (error) {
      return this.#failed(error);
    }
    this.#reading = false;
    this.#read();
  };

  #write(bytes: Uint8Array): void {
    this.#pending = bytes;
    this.#conn.write(bytes).then(this.#written, this.#failed);
  }

  #written = (count: number): void => {
    const pending = this.#pending!;
    if (this.#closed) return;
    if (count < pending.length) {
      this.#events.progressed(count);
      return this.#write(pending.subarray(count));
    }
    this.#pending = undefined;
    this.#events.flushed();
  };

  #failed = (error: unknown): void => this.#close(connectionError(error));

  #close(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    closeQuietly(this.#conn);
    this.#events.closed(error);
  }
}

async function listen(options: ListenOptions, accept: Accept): Promise<Listener> {
  const { endpoint, backlog, fd, tls } = options;
  prepareSignals();
  if (fd !== undefined || tls !== undefined) {
    const { listenNode } = await import("../shared/node_net.ts");
    const listener = await listenNode(options, accept, {
      onListening: (server) => resumeAccepting(server, backlog),
    });
    // Deno does not ask a socket to listen that listens already.
    if (fd !== undefined) denoDescriptors()?.setBacklog(fd, backlog);
    return listener;
  }
  try {
    const listener = open(options);
    if ("path" in endpoint) denoDescriptors()?.setBacklogOf(endpoint.path, backlog);
    const accepting = acceptAll(listener, accept);
    return {
      endpoint: endpointOf(listener.addr),
      close() {
        closeQuietly(listener);
        // It is open until the last attempt to accept has ended.
        return accepting.then(released);
      },
    };
  } catch (error) {
    throw listenError(error, formatEndpoint(endpoint));
  }
}

function open({ endpoint, backlog, reusePort }: ListenOptions): Deno.Listener {
  if ("path" in endpoint) {
    return Deno.listen({ transport: "unix", path: systemPath(endpoint.path) });
  }
  // `tcpBacklog` works, but Deno's types do not have it yet.
  const tcp = { hostname: endpoint.host, port: endpoint.port, reusePort, tcpBacklog: backlog };
  return Deno.listen(tcp);
}

/** How long accepting or receiving rests after an error, in ms: long enough not to spin. */
const REST = 50;

async function acceptAll(listener: Deno.Listener, accept: Accept): Promise<void> {
  for (;;) {
    let conn: Deno.Conn;
    try {
      conn = await listener.accept();
    } catch (error) {
      if (error instanceof Deno.errors.BadResource) return;
      if (isPeerGone(error)) continue;
      // No descriptor is left.
      await delay(REST);
      continue;
    }
    const socket = new DenoSocket(conn);
    const events = accept(socket);
    if (events === undefined) {
      closeQuietly(conn);
      continue;
    }
    tune(conn);
    socket.start(events);
  }
}

function tune(conn: Deno.Conn): void {
  if (conn.remoteAddr.transport !== "tcp") return;
  try {
    const tcp = conn as Deno.TcpConn;
    tcp.setNoDelay(true);
    tcp.setKeepAlive(true);
  } catch {
    // The peer is gone already: the first read says so.
  }
}

/** How soon Deno has closed what no operation uses any more, in ms: at the next turn. */
const RELEASE_TIME = 0;

/** Settles when it has. */
function released(): Promise<void> {
  return delay(RELEASE_TIME);
}

/** Closes what may be closed already: Deno throws where it is. */
function closeQuietly(resource: { close(): void }): void {
  try {
    resource.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

// ---- datagram sockets ----

class DenoDatagramSocket implements DatagramSocket {
  readonly endpoint: InetEndpoint;
  #conn: Deno.DatagramConn;
  #wake: (() => void) | undefined;
  #paused = false;
  #closed = false;
  readonly #receiving: Promise<void>;

  constructor(conn: Deno.DatagramConn, receive: Receive) {
    this.#conn = conn;
    this.endpoint = endpointOf(conn.addr) as InetEndpoint;
    this.#receiving = this.#receiveAll(receive);
  }

  async send(bytes: Uint8Array, { host, port }: InetEndpoint): Promise<void> {
    await this.#conn.send(bytes, { transport: "udp", hostname: host, port });
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#wake?.();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#wake?.();
    this.#conn.close();
    await this.#receiving;
    await released();
  }

  async #receiveAll(receive: Receive): Promise<void> {
    const buffer = new Uint8Array(MAX_READ_SIZE);
    while (!this.#closed) {
      if (this.#paused) {
        await new Promise<void>((resolve) => this.#wake = resolve);
        continue;
      }
      try {
        const [bytes, peer] = await this.#conn.receive(buffer);
        receive(bytes.slice(), endpointOf(peer) as InetEndpoint);
      } catch (error) {
        // An ICMP answer to an earlier reply: it concerns a peer that is gone, not this one.
        if (!this.#closed && !isPeerGone(error)) {
          await delay(REST);
        }
      }
    }
  }
}

function bindDatagram(options: DatagramOptions, receive: Receive): Promise<DatagramSocket> {
  return new Promise((resolve) => resolve(new DenoDatagramSocket(openDatagram(options), receive)));
}

function openDatagram({ endpoint, reuseAddress, fd }: DatagramOptions): Deno.DatagramConn {
  if (fd !== undefined) {
    throw new GoerError(
      "GOER_NOT_SUPPORTED",
      "Cannot adopt a datagram socket: Deno serves only those it binds itself",
    );
  }
  const { host: hostname, port } = endpoint;
  try {
    return Deno.listenDatagram({ transport: "udp", hostname, port, reuseAddress });
  } catch (error) {
    throw listenError(error, formatEndpoint(endpoint));
  }
}

function endpointOf(address: Deno.Addr): Endpoint {
  if ("path" in address) return { path: address.path.replace("\0", "@") };
  const { hostname, port } = address as Deno.NetAddr;
  return { host: hostname, port };
}

// ---- the runtime ----

/** Deno. */
export const deno: Runtime = {
  name: "deno",
  get version(): string {
    return Deno.version.deno;
  },
  capabilities: {
    adoptStream: true,
    adoptDatagram: false,
    reset: false,
    get backlogOfUnix(): boolean {
      return hasForeignFunctions();
    },
    reusePort: true,
  },
  listen,
  connect: async (options) => (await import("../shared/node_net.ts")).connectNode(options),
  bindDatagram,
};
