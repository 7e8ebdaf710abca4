/**
 * Reading from sockets of `node:net`.
 *
 * @module
 */

import { Socket } from "node:net";
import { plainBytes } from "./plain_bytes.ts";
import { MAX_READ_SIZE } from "./read_buffer.ts";

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

/** Begins to read from a socket. */
export type Reading = (socket: OwnedSocket) => void;

/** Reads chunk by chunk, each in memory of its own: on all runtimes, TCP and TLS alike. */
export function readChunks(socket: OwnedSocket): void {
  socket.on("data", onData);
}

function onData(this: OwnedSocket, chunk: Uint8Array): void {
  this[OWNER]!.received(plainBytes(chunk), chunk.length);
}

/** What all sockets read into: a read is taken out before the next one begins. */
const shared = new Uint8Array(MAX_READ_SIZE);

/**
 * What `onread`, an option of sockets that connect, sets in them. Those that a server accepts do not
 * get the option, so it is set by Node's own names.
 */
interface ReadInPlace {
  [name: symbol]: unknown;
  _handle: { useUserBuffer?(buffer: Uint8Array): void } | null;
}

const names = Object.getOwnPropertySymbols(new Socket());
const BUFFER = names.find((name) => name.description === "kBuffer");
const CALLBACK = names.find((name) => name.description === "kBufferCb");

/**
 * Reads into one buffer for all sockets, and gives each chunk memory of its own size: Node would
 * allocate 64 KiB for each, and a buffer for each socket would be most of what an idle one costs.
 */
export function readInPlace(socket: OwnedSocket): void {
  const inPlace = socket as unknown as ReadInPlace;
  const handle = inPlace._handle;
  if (!BUFFER || !CALLBACK || !handle?.useUserBuffer) return readChunks(socket);
  inPlace[BUFFER] = shared;
  inPlace[CALLBACK] = onRead;
  handle.useUserBuffer(shared);
}

function onRead(this: OwnedSocket, count: number): boolean {
  this[OWNER]!.received(shared.slice(0, count), count);
  return true;
}
