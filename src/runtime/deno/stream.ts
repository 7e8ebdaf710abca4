/**
 * Stream sockets on Deno, with `Deno.listen`. It can neither adopt a listening socket nor serve TLS
 * on one, so `node:net` of Deno does both.
 *
 * @module
 */

import { GoerError } from "../../errors.ts";
import type { Descriptors } from "../descriptors.ts";
import { connectionError, isPeerGone, listenError } from "../errors.ts";
import type {
  Accept,
  AcceptNode,
  ConnectOptions,
  Endpoint,
  Listener,
  ListenOptions,
  SocketEvents,
  StreamSocket,
} from "../runtime.ts";
import { MIN_READ_SIZE, nextReadSize } from "../shared/read_buffer.ts";
import type { NodeListenOptions } from "../shared/node_net.ts";
import { formatEndpoint, systemPath } from "../sockets/endpoint.ts";
import { prepareSignals, resumeAccepting } from "./exhaustion.ts";
import { endpointOf, pauseAfterError, released } from "./socket.ts";

class DenoSocket implements StreamSocket {
  readonly #conn: Deno.Conn;
  #events!: SocketEvents;
  #buffer = new Uint8Array(MIN_READ_SIZE);
  /** How many bytes the last read returned. */
  #previous = 0;
  /** True from the start of a read until its bytes have been handled, and after the last read. */
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

  // Deno cannot send a reset: see `capabilities.reset`.
  terminate(): void {
    this.#close();
  }

  // A loop in an async function would use half a KiB more per waiting connection.
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

/** Opens a listening stream socket. */
export async function listen(options: ListenOptions, accept: Accept): Promise<Listener> {
  const { endpoint, backlog, fd, tls } = options;
  if (tls?.ciphers !== undefined) throw noCiphers(endpoint);
  prepareSignals();
  if (fd !== undefined || tls !== undefined) {
    const { listenNode } = await import("../shared/node_net.ts");
    const { readSecure } = await import("./secure_reading.ts");
    const onListening = await resumed(options);
    return await listenNode(options, accept, { readSecure, onListening });
  }
  try {
    const listener = open(options);
    if ("path" in endpoint) (await loadDescriptors())?.setBacklogOf(endpoint.path, backlog);
    const accepting = acceptAll(listener, accept);
    return {
      endpoint: endpointOf(listener.addr),
      close() {
        closeQuietly(listener);
        // The socket stays open until the last attempt to accept has ended.
        return accepting.then(released);
      },
    };
  } catch (error) {
    throw listenError(error, formatEndpoint(endpoint));
  }
}

/** Deno takes the list, and uses its own. */
function noCiphers(endpoint: Endpoint): GoerError {
  const message =
    `Cannot listen on ${formatEndpoint(endpoint)}: Deno does not apply tls.ciphers. ` +
    "Leave it out, or run this service on Bun or Node";
  return new GoerError("GOER_NOT_SUPPORTED", message, { option: "tls.ciphers" });
}

/** Opens a listening stream socket for a server of `node:http`. */
export async function listenForNode(
  options: ListenOptions,
  accept: AcceptNode,
): Promise<Listener> {
  prepareSignals();
  const { acceptForNode } = await import("../shared/node_net.ts");
  return await acceptForNode(options, accept, await resumed(options));
}

/** Connects with `node:net`: see `node_connect.ts`. */
export async function connect(options: ConnectOptions): Promise<StreamSocket> {
  const { connectNode } = await import("../shared/node_connect.ts");
  const { readSecure } = await import("./secure_reading.ts");
  return await connectNode(options, readSecure);
}

async function loadDescriptors(): Promise<Descriptors | undefined> {
  return (await import("./descriptors.ts")).denoDescriptors();
}

/** What a server of `node:net` needs on Deno once it listens. */
async function resumed(
  { fd, backlog }: ListenOptions,
): Promise<NodeListenOptions["onListening"]> {
  const descriptors = fd === undefined ? undefined : await loadDescriptors();
  return (server) => {
    // Deno does not call `listen` for a socket that is already listening.
    if (fd !== undefined) descriptors?.setBacklog(fd, backlog);
    return resumeAccepting(server, backlog);
  };
}

function open({ endpoint, backlog, reusePort }: ListenOptions): Deno.Listener {
  if ("path" in endpoint) {
    return Deno.listen({ transport: "unix", path: systemPath(endpoint.path) });
  }
  // `tcpBacklog` works, but is missing in Deno's types.
  const tcp = { hostname: endpoint.host, port: endpoint.port, reusePort, tcpBacklog: backlog };
  return Deno.listen(tcp);
}

async function acceptAll(listener: Deno.Listener, accept: Accept): Promise<void> {
  for (;;) {
    let conn: Deno.Conn;
    try {
      conn = await listener.accept();
    } catch (error) {
      if (error instanceof Deno.errors.BadResource) return;
      if (isPeerGone(error)) continue;
      // No descriptor is available.
      await pauseAfterError();
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
    // The peer has disconnected already. The first read reports it.
  }
}

/** Closes a resource that may be closed already: Deno throws if it is. */
function closeQuietly(resource: { close(): void }): void {
  try {
    resource.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
