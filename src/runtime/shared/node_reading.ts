/**
 * Reads from sockets of `node:net`.
 *
 * @module
 */

import type { Socket } from "node:net";
import { plainBytes } from "../bytes/buffer.ts";

/**
 * The key of the owner in a Node socket: all sockets share their listeners, which keeps idle ones
 * small.
 */
export const OWNER: unique symbol = Symbol("owner");

/** The owner of a Node socket. */
export interface SocketOwner {
  /** Handles the first `length` of `bytes`, like `SocketEvents.received`. */
  received(bytes: Uint8Array, length: number): boolean;
  /** The peer has ended its side. */
  ended(): void;
  /** The socket has failed and will close. */
  failed(error: Error): void;
  /** The socket is closed. */
  closed(): void;
}

/** A Node socket with an owner. */
export interface OwnedSocket extends Socket {
  [OWNER]?: SocketOwner;
}

/** How to read from a socket of `node:net`. */
export interface Reading {
  /** Starts to read. */
  start(socket: OwnedSocket): void;
  /**
   * True for a socket of Node itself without TLS: the system takes most writes immediately, and the
   * peer's address is known even after the end.
   */
  readonly isNative: boolean;
}

/** Reads chunk by chunk, each in its own memory: on all runtimes, for TCP and TLS. */
export const readChunks: Reading = {
  start: (socket) => void socket.on("data", onData),
  isNative: false,
};

function onData(this: OwnedSocket, chunk: Uint8Array): void {
  this[OWNER]!.received(plainBytes(chunk), chunk.length);
}
