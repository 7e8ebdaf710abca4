/**
 * A `node:http` server that listens for Goer: its connections, its statistics, and its end.
 *
 * @module
 */

import { Departures, type DrainOptions } from "./connection/departures.ts";
import { type EndCounts, noEnds } from "./connection/end_reason.ts";
import type { Statistics } from "./connection/service.ts";
import {
  NodeConnection,
  type NodeRequest,
  type NodeResponse,
  type NodeSocket,
} from "./node_connection.ts";
import { checkNumber, MAX_DELAY } from "./numbers.ts";
import { type CloseOptions, DEFAULT_CLOSE_TIMEOUT } from "./server.ts";
import { timers } from "./timer/timers.ts";
import type { OpenTransport } from "./transport/transport.ts";

/** The used part of a `node:http` server. */
export interface NodeHttpServer {
  readonly listening: boolean;
  listenerCount(event: string): number;
  emit(event: "connection", socket: NodeSocket): unknown;
  emit(event: "listening"): unknown;
  prependListener(
    event: "request",
    listener: (request: NodeRequest, response: NodeResponse) => void,
  ): unknown;
  prependListener(event: "connect" | "upgrade", listener: (request: NodeRequest) => void): unknown;
}

/** The open connections of a server. */
export class NodeConnections implements Readonly<Statistics>, Iterable<NodeConnection> {
  readonly #open = new Map<NodeSocket, NodeConnection>();
  #read = 0;
  #written = 0;
  #draining = false;
  #emptied: (() => void) | undefined;
  connections = 0;
  messages = 0;
  readonly ended: EndCounts = noEnds();
  // The server's own limits apply.
  readonly refused: number = 0;
  readonly rejected: number = 0;
  readonly delayed: number = 0;
  readonly sendFailures: number = 0;
  readonly handlerErrors: number = 0;

  readonly #server: NodeHttpServer;

  /** @param server The server for the connections. */
  constructor(server: NodeHttpServer) {
    this.#server = server;
    server.prependListener("request", ({ socket }, response) => {
      const connection = this.#open.get(socket);
      if (connection === undefined) return;
      this.messages++;
      connection.requested(response);
    });
    for (const event of ["upgrade", "connect"] as const) {
      // With a listener, the server would no longer treat these as ordinary requests.
      if (server.listenerCount(event) === 0) continue;
      server.prependListener(event, ({ socket }) => this.#open.get(socket)?.upgraded());
    }
  }

  /** How many are open. */
  get size(): number {
    return this.#open.size;
  }

  /** How many bytes have been received. */
  get bytesRead(): number {
    return [...this].reduce((sum, { bytesRead }) => sum + bytesRead, this.#read);
  }

  /** How many bytes have been sent. */
  get bytesWritten(): number {
    return [...this].reduce((sum, { bytesWritten }) => sum + bytesWritten, this.#written);
  }

  [Symbol.iterator](): Iterator<NodeConnection> {
    return this.#open.values();
  }

  /** Ends each connection when nothing is in progress. */
  drain(): void {
    this.#draining = true;
    for (const connection of this) connection.drain();
  }

  /** Resolves when no connection is open. */
  emptied(): Promise<void> {
    if (this.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#emptied = resolve);
  }

  /** Serves a connection. */
  add(socket: NodeSocket): void {
    const connection = new NodeConnection(socket);
    this.connections++;
    this.#open.set(socket, connection);
    if (this.#draining) connection.drain();
    socket.once("close", (failed) => {
      this.ended[connection.endReason(failed)]++;
      this.#read += connection.bytesRead;
      this.#written += connection.bytesWritten;
      this.#open.delete(socket);
      if (this.size === 0) this.#emptied?.();
    });
    this.#server.emit("connection", socket);
  }
}

/** A listening server, from a worker's side. */
export class NodeServer {
  /** Where it listens, with the real port. */
  readonly address: string;
  /** The open connections. */
  readonly connections: NodeConnections;
  readonly #transport: OpenTransport;
  readonly #drain: DrainOptions | undefined;
  #stopped: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  /** @param drain How connections are closed that do not end by themselves. */
  constructor(
    address: string,
    transport: OpenTransport,
    connections: NodeConnections,
    drain: DrainOptions | undefined,
  ) {
    this.address = address;
    this.connections = connections;
    this.#transport = transport;
    this.#drain = drain;
  }

  /** The server's statistics. */
  get statistics(): Readonly<Statistics> {
    return this.connections;
  }

  /** Stops accepting connections: see {@linkcode Server.stopAccepting}. */
  stopAccepting(): Promise<void> {
    return this.#stopped ??= Promise.resolve(this.#transport.stop());
  }

  /** Stops accepting connections, then ends the open ones: see {@linkcode Server.close}. */
  async close(options: CloseOptions = {}): Promise<void> {
    checkNumber("timeout", options.timeout, [0, MAX_DELAY]);
    await (this.#closed ??= this.#close(options));
  }

  async #close({ graceful = false, timeout = DEFAULT_CLOSE_TIMEOUT }: CloseOptions): Promise<void> {
    void this.stopAccepting();
    const emptied = this.connections.emptied();
    if (graceful) this.connections.drain();
    const deadline = timers.after(graceful ? timeout : 0, () => {
      for (const connection of this.connections) connection.destroy();
    });
    const departures = graceful ? this.#depart(timeout) : undefined;
    await emptied;
    departures?.cancel();
    deadline.cancel();
    await this.#stopped;
  }

  /** Ends connections that their clients keep, such as WebSockets, one after another. */
  #depart(timeout: number): Departures<NodeConnection> {
    return new Departures({
      ...this.#drain,
      connections: this.connections,
      leave: (connection) => connection.leave(),
      timeout,
    });
  }
}
