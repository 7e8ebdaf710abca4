/**
 * Stream sockets of `node:net` and `node:tls`: all sockets on Node, and on other runtimes those
 * that the runtime's own API cannot open.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import * as net from "node:net";
import type { TLSSocket } from "node:tls";
import { formatEndpoint, formatHostPort, systemPath } from "../sockets/endpoint.ts";
import { connectionError, listenError } from "../errors.ts";
import {
  type OwnedSocket,
  OWNER,
  readChunks,
  type Reading,
  type SocketOwner,
} from "./node_reading.ts";
import type { TlsServer } from "./node_tls.ts";
import { proxyBelow, tlsDetails } from "./tls_details.ts";
import type { TlsDetails } from "../../protocol/connection.ts";
import type {
  Accept,
  AcceptNode,
  Endpoint,
  Listener,
  ListenOptions,
  SocketEvents,
  SocketProxy,
  StreamSocket,
} from "../runtime.ts";

const NOTHING = Buffer.alloc(0);

/**
 * How much is written at a time, in bytes. Node reports only when the system has taken all of a
 * write, and `node:tls` keeps a second, encrypted copy of it.
 */
const PIECE_SIZE = 65_536;

export class NodeSocket implements StreamSocket, SocketOwner {
  readonly #socket: OwnedSocket;
  readonly #read: Reading;
  /** The peer's address, if it would not be known after the end. */
  readonly #peer: string | undefined;
  /** Handlers need it in `onClose`, too. */
  readonly localAddress: string;
  #events!: SocketEvents;
  #unixPath: string | undefined;
  /** The rest of a write that is split: `#rest[#restStart]` up to `#rest[#restEnd]`. */
  #rest: Uint8Array = NOTHING;
  #restStart = 0;
  #restEnd = 0;
  #closed = false;
  #error: Error | undefined;
  #onWritten: ((error?: Error | null) => void) | undefined;

  constructor(socket: net.Socket, unixPath: string | undefined, read: Reading) {
    this.#socket = socket;
    this.#read = read;
    this.#unixPath = unixPath;
    this.localAddress = unixPath === undefined
      ? formatHostPort(socket.localAddress ?? "", socket.localPort ?? 0)
      : `unix:${unixPath}`;
    // Node keeps the peer's address once it has been read; other runtimes may not.
    if (read.isNative) void socket.remoteAddress;
    else this.#peer = this.remoteAddress;
  }

  /** Below TLS, the header of a proxy was read before the handshake. */
  get proxy(): SocketProxy | undefined {
    return this.#isSecure ? proxyBelow(this.#socket) : undefined;
  }

  get tls(): TlsDetails | undefined {
    return this.#isSecure ? tlsDetails(this.#socket as unknown as TLSSocket) : undefined;
  }

  get remoteAddress(): string {
    return this.proxy?.header.source ?? this.#peerAddress();
  }

  #peerAddress(): string {
    if (this.#peer !== undefined) return this.#peer;
    if (this.#unixPath !== undefined) return "unix:";
    const { remoteAddress, remotePort } = this.#socket;
    return formatHostPort(remoteAddress ?? "", remotePort ?? 0);
  }

  start(events: SocketEvents): void {
    this.#events = events;
    const socket = this.#socket;
    socket[OWNER] = this;
    this.#read.start(socket);
    socket.on("end", onEnd);
    socket.on("error", onError);
    socket.on("close", onClose);
    events.opened();
    if (socket.destroyed) queueMicrotask(() => this.closed());
  }

  received(bytes: Uint8Array, length: number): boolean {
    return !this.#closed && this.#events.received(bytes, length);
  }

  ended(): void {
    if (!this.#closed) this.#events.ended();
  }

  failed(error: Error): void {
    this.#error = connectionError(error);
  }

  closed(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#events.closed(this.#error);
  }

  write(bytes: Uint8Array, length: number): boolean {
    if (length <= PIECE_SIZE) return this.#write(bytes, 0, length);
    this.#rest = bytes;
    this.#restStart = 0;
    this.#restEnd = length;
    return this.#writeRest();
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

  finish(): void {
    if (this.#isSecure) this.#socket.end(() => this.destroy());
    else this.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
    this.closed();
  }

  terminate(): void {
    // Node can reset only TCP sockets.
    if (this.#unixPath === undefined && !this.#isSecure) this.#socket.resetAndDestroy();
    this.destroy();
  }

  get #isSecure(): boolean {
    return "encrypted" in this.#socket;
  }

  #write(bytes: Uint8Array, start: number, length: number): boolean {
    const socket = this.#socket;
    // The Buffer that Node would create itself.
    let buffer = Buffer.from(bytes.buffer, bytes.byteOffset + start, length);
    if (this.#read.isNative) {
      // The system usually takes it immediately, and a callback would cost a tick.
      socket.write(buffer);
      if (socket.writableLength === 0) return true;
      buffer = NOTHING; // It follows the queued bytes.
    }
    socket.write(buffer, this.#onWritten ??= (error) => this.#written(error));
    return false;
  }

  /** Writes piece by piece, until the system takes no more. */
  #writeRest(): boolean {
    for (;;) {
      const start = this.#restStart;
      const length = Math.min(PIECE_SIZE, this.#restEnd - start);
      this.#restStart = start + length;
      const isLast = this.#restStart === this.#restEnd;
      const bytes = this.#rest;
      if (isLast) this.#rest = NOTHING;
      if (!this.#write(bytes, start, length)) return false;
      if (isLast) return true;
      this.#events.progressed(length);
    }
  }

  #written(error?: Error | null): void {
    if (error || this.#closed) return;
    if (this.#rest === NOTHING) return this.#events.flushed();
    this.#events.progressed(PIECE_SIZE);
    if (this.#writeRest()) this.#events.flushed();
  }
}

function onEnd(this: OwnedSocket): void {
  this[OWNER]!.ended();
}

function onError(this: OwnedSocket, error: Error): void {
  this[OWNER]!.failed(error);
}

function onClose(this: OwnedSocket): void {
  this[OWNER]!.closed();
}

/** A server of `node:net`, with the used part of its internals. */
export interface ListeningServer extends net.Server {
  _handle: {
    /** Its descriptor, on Bun and Node. */
    readonly fd?: number;
    /** Listens, or changes the backlog. */
    listen(backlog: number): number;
    /** Connects to the path of a Unix socket. */
    connect(request: { oncomplete(): void }, path: string): number;
  } | null;
}

/** What differs between runtimes in {@linkcode listenNode}. */
export interface NodeListenOptions {
  /** How to read from sockets without TLS. Default: {@linkcode readChunks}. */
  read?: Reading;
  /** How to read from sockets with TLS. Default: {@linkcode readChunks}. */
  readSecure?: Reading;
  /** Called once the server listens. The returned function is called when the server closes. */
  onListening?(server: ListeningServer): (() => void) | void;
}

/** Listens with `node:net` or `node:tls`, on an address or an inherited descriptor. */
export async function listenNode(
  options: ListenOptions,
  accept: Accept,
  { read = readChunks, readSecure = readChunks, onListening }: NodeListenOptions = {},
): Promise<Listener> {
  const unixPath = "path" in options.endpoint ? options.endpoint.path : undefined;
  const { server, watch, idle } = await createServer(options, (netSocket) => {
    // A peer that has already reset the connection has no address any more.
    const isGone = unixPath === undefined && netSocket.remoteAddress === undefined;
    if (isGone) return void netSocket.destroy();
    const socket = new NodeSocket(
      netSocket,
      unixPath,
      options.tls === undefined ? read : readSecure,
    );
    const events = accept(socket);
    if (events === undefined) netSocket.destroy();
    else socket.start(events);
  });
  const listener = await openServer(server, options, (listening) => {
    const releases = [onListening?.(listening), watch?.()];
    return () => releases.forEach((release) => release?.());
  });
  return { ...listener, idle };
}

/** Listens by `node:net`, for a server of `node:http`. */
export function acceptForNode(
  options: ListenOptions,
  accept: AcceptNode,
  onListening?: NodeListenOptions["onListening"],
): Promise<Listener> {
  const given = { allowHalfOpen: true, noDelay: true, keepAlive: true };
  return openServer(net.createServer(given, accept), options, onListening);
}

function openServer(
  server: net.Server,
  options: ListenOptions,
  onListening?: NodeListenOptions["onListening"],
): Promise<Listener> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(listenError(error, formatEndpoint(options.endpoint))));
    // Node accepts the backlog of an inherited socket only as the second argument.
    server.listen(target(options), options.backlog, () => {
      server.removeAllListeners("error");
      const release = onListening?.(server as ListeningServer);
      // If accepting one peer fails (no descriptor is available), others are still accepted.
      server.on("error", () => {});
      resolve({
        endpoint: endpointOf(server, options.endpoint),
        close() {
          release?.();
          server.close();
        },
      });
    });
  });
}

async function createServer(
  { tls: identity, endpoint, beforeTls }: ListenOptions,
  accept: (socket: net.Socket) => void,
): Promise<Pick<TlsServer, "server"> & Partial<TlsServer>> {
  const options = { allowHalfOpen: true, noDelay: true, keepAlive: true };
  if (identity === undefined) return { server: net.createServer(options, accept) };
  const address = formatEndpoint(endpoint);
  const { createTlsServer } = await import("./node_tls.ts");
  return createTlsServer(identity, { server: options, address, beforeTls }, accept);
}

function target({ endpoint, fd, backlog, reusePort }: ListenOptions): net.ListenOptions {
  if (fd !== undefined) return { fd } as net.ListenOptions;
  if ("path" in endpoint) return { path: systemPath(endpoint.path), backlog };
  const inet = { host: endpoint.host, port: endpoint.port, backlog };
  return reusePort ? { ...inet, reusePort } as net.ListenOptions : inet;
}

function endpointOf(server: net.Server, asked: Endpoint): Endpoint {
  const address = server.address();
  if ("path" in asked || address === null || typeof address === "string") return asked;
  return { host: address.address ?? asked.host, port: address.port ?? asked.port };
}
