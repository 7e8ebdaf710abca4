/**
 * Reading from sockets of `node:net`.
 *
 * @module
 */

import { Socket, type SocketConstructorOpts } from "node:net";
import { plainBytes } from "./plain_bytes.ts";
import { MIN_READ_SIZE, nextBuffer } from "./read_buffer.ts";

/**
 * Takes the first `length` of `bytes`, as `SocketEvents.received` does.
 *
 * @returns True to keep `bytes`.
 */
export type Received = (bytes: Uint8Array, length: number) => boolean;

/**
 * Begins to read from `socket`.
 *
 * @returns The socket to go on with.
 */
export type Reading = (socket: Socket, received: Received) => Socket;

/** Reads chunk by chunk, each in memory of its own: on all runtimes, TCP and TLS alike. */
export function readChunks(socket: Socket, received: Received): Socket {
  socket.on("data", (chunk: Uint8Array) => void received(plainBytes(chunk), chunk.length));
  return socket;
}

/** What is used of the handle below a socket of Node. */
interface Handle {
  useUserBuffer(buffer: Uint8Array): void;
}

/**
 * Reads into one buffer again and again, which saves Node allocating 64 KiB for each chunk, and a
 * sixth of what a small request costs. `onread`, the option for it, is documented for sockets that
 * connect; those that a server has accepted can only be made anew around the same handle.
 */
export function readInPlace(accepted: Socket, received: Received): Socket {
  const owner = accepted as unknown as { _handle: Handle | null };
  const handle = owner._handle;
  if (typeof handle?.useUserBuffer !== "function") return readChunks(accepted, received);
  owner._handle = null;
  accepted.destroy();
  let buffer = new Uint8Array(MIN_READ_SIZE);
  const options = {
    handle,
    allowHalfOpen: true,
    onread: {
      buffer: () => buffer,
      callback(count: number, bytes: Uint8Array<ArrayBuffer>): boolean {
        buffer = nextBuffer(bytes, count, received(bytes, count));
        return true;
      },
    },
  };
  return new Socket(options as unknown as SocketConstructorOpts);
}
