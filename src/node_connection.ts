/**
 * A connection of a `node:http` server.
 *
 * @module
 */

import type { EndReason } from "./connection/end_reason.ts";
import { nextConnectionId } from "./connection/registry.ts";
import { DEFAULT_LIMITS } from "./options.ts";
import { formatPeer } from "./runtime/sockets/endpoint.ts";
import { type Timer, timers } from "./timer/timers.ts";

/** The used part of a `node:http` socket. */
export interface NodeSocket {
  readonly remoteAddress?: string;
  readonly remotePort?: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly writableLength: number;
  /** True once the peer has ended its side and all bytes are read. */
  readonly readableEnded?: boolean;
  once(event: "close", listener: (failed?: boolean) => void): unknown;
  end(): void;
  destroy(): void;
}

/** The used part of its requests. */
export interface NodeRequest {
  readonly socket: NodeSocket;
}

/** The used part of its responses. */
export interface NodeResponse {
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  shouldKeepAlive: boolean;
}

/** How long an idle connection may still start a request during a drain, in ms. */
const IDLE_GRACE = 500;

/** A connection, for `goer connections`. */
export class NodeConnection {
  readonly id: number = nextConnectionId();
  readonly protocolName = "http";
  readonly since: number = Date.now();
  readonly remoteAddress: string;
  readonly #socket: NodeSocket;
  /** The response to the latest request. Those before it are sent first. */
  #response: NodeResponse | undefined;
  /**
   * True once it uses another protocol, such as WebSocket, for which it is not known when it is
   * idle.
   */
  #upgraded = false;
  #draining = false;
  #timer: Timer | undefined;

  constructor(socket: NodeSocket) {
    this.#socket = socket;
    this.remoteAddress = formatPeer(socket);
    socket.once("close", () => this.#timer?.cancel());
  }

  /** How many bytes have been received. */
  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  /** How many bytes have been sent or queued. */
  get bytesWritten(): number {
    return this.#socket.bytesWritten;
  }

  /** How many bytes are queued. */
  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  /** Why it has ended. What `node:http` itself closes counts as closed by the app. */
  endReason(failed: boolean | undefined): EndReason {
    if (this.#draining) return "drain";
    if (failed === true) return "connection_error";
    return this.#socket.readableEnded === true ? "peer" : "app";
  }

  /** A request has arrived. */
  requested(response: NodeResponse): void {
    this.#response = response;
    if (this.#draining) response.shouldKeepAlive = false;
  }

  /** The app has taken the connection over. */
  upgraded(): void {
    this.#upgraded = true;
  }

  /** Ends after the pending responses, after the next one, or after some time without a request. */
  drain(): void {
    this.#draining = true;
    const response = this.#response;
    // Deno would close a connection although its client was told that it stays open.
    if (response?.headersSent === false) response.shouldKeepAlive = false;
    this.#awaitRequest();
  }

  /**
   * Ends if the app has taken it over. A response in progress continues, because its client would
   * get half of it.
   */
  leave(): void {
    if (this.#upgraded) this.#end();
  }

  /** Ends immediately. */
  destroy(): void {
    this.#socket.destroy();
  }

  #awaitRequest(): void {
    const before = this.bytesRead;
    this.#timer = timers.after(IDLE_GRACE, () => {
      if (this.#upgraded) return;
      const responds = this.#response?.writableEnded === false || this.bufferedBytes > 0;
      // More bytes are the body or the head of a request.
      if (responds || this.bytesRead > before) return this.#awaitRequest();
      this.#end();
    });
  }

  /** Ends this side. The client has a moment to read the last bytes. */
  #end(): void {
    this.#socket.end();
    this.#timer?.cancel();
    this.#timer = timers.after(DEFAULT_LIMITS.lingerTimeout, () => this.destroy());
  }
}
