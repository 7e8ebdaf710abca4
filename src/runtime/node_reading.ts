/**
 * Reading from sockets of `node:net`.
 *
 * @module
 */

import { Socket, type SocketConstructorOpts } from "node:net";
import { plainBytes } from "./plain_bytes.ts";
import { MAX_READ_SIZE } from "./read_buffer.ts";

/**
 * Takes the first `length` of `bytes` that came from `socket`, as `SocketEvents.received` does.
 *
 * @returns True to keep `bytes`.
 */
export type Received = (socket: Socket, bytes: Uint8Array, length: number) => boolean;

/**
 * Begins to read from `socket`.
 *
 * @returns The socket to go on with.
 */
export type Reading = (socket: Socket, received: Received) => Socket;

/** Reads chunk by chunk, each in memory of its own: on all runtimes, TCP and TLS alike. */
export function readChunks(socket: Socket, received: Received): Socket {
  socket.on("data", (chunk: Uint8Array) => void received(socket, plainBytes(chunk), chunk.length));
  return socket;
}

/** What is used of the handle below a socket of Node. */
interface Handle {
  useUserBuffer(buffer: Uint8Array): void;
}

/** What all sockets read into: a read is taken out before the next one begins. */
const shared = new Uint8Array(MAX_READ_SIZE);

/**
 * Reads into one buffer for all sockets, and gives each chunk memory of its own size: Node would
 * allocate 64 KiB for each, and a buffer for each socket would be most of what an idle one costs.
 * `onread`, the option for it, is documented for sockets that connect; those that a server has accepted
 * can only be made anew around the same handle.
 */
export function readInPlace(accepted: Socket, received: Received): Socket {
  const owner = accepted as unknown as { _handle: Handle | null };
  const handle = owner._handle;
  if (typeof handle?.useUserBuffer !== "function") return readChunks(accepted, received);
  owner._handle = null;
  accepted.destroy();
  const options = {
    handle,
    allowHalfOpen: true,
    onread: {
      buffer: shared,
      callback(count: number): boolean {
        received(socket, shared.slice(0, count), count);
        return true;
      },
    },
  };
  const socket = new Socket(options as unknown as SocketConstructorOpts);
  return socket;
}
