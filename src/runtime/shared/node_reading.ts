/**
 * Reading from sockets of `node:net`.
 *
 * @module
 */

import type { Socket } from "node:net";
import { plainBytes } from "../bytes/buffer.ts";

/** Where a socket of Node's has ours: listeners are shared by all, so that an idle one is small. */
export const OWNER: unique symbol = Symbol("owner");

/** Whom a socket of Node's tells. */
export interface SocketOwner {
  /** Takes the first `length` of `bytes`, as `SocketEvents.received` does. */
  received(bytes: Uint8Array, length: number): boolean;
  /** The peer has ended its side. */
  ended(): void;
  /** The socket fails: it will close. */
  failed(error: Error): void;
  /** The socket is gone. */
  closed(): void;
}

/** A socket of Node's that has an owner. */
export interface OwnedSocket extends Socket {
  [OWNER]?: SocketOwner;
}

/** How to read from a socket of `node:net`. */
export interface Reading {
  /** Begins to read. */
  start(socket: OwnedSocket): void;
  /**
   * The socket is one of Node itself, without TLS: the system takes most of what is written at once, and
   * the peer's address is known after the end too.
   */
  readonly isNative: boolean;
}

/** Reads chunk by chunk, each in memory of its own: on all runtimes, TCP and TLS alike. */
export const readChunks: Reading = {
  start: (socket) => void socket.on("data", onData),
  isNative: false,
};

function onData(this: OwnedSocket, chunk: Uint8Array): void {
  this[OWNER]!.received(plainBytes(chunk), chunk.length);
}
