/**
 * Stream sockets on Node, with `node:net`.
 *
 * @module
 */

import { Socket } from "node:net";
import type { Accept, AcceptNode, Listener, ListenOptions } from "../runtime.ts";
import { acceptForNode, listenNode } from "../shared/node_net.ts";
import { type OwnedSocket, OWNER, readChunks, type Reading } from "../shared/node_reading.ts";
import { MAX_READ_SIZE } from "../shared/read_buffer.ts";

// Loaded with the service: an app may connect only after its package was replaced by a newer one.
export { connectNode as connect } from "../shared/node_connect.ts";

/** The read buffer of all sockets. Its content is copied before the next read begins. */
const shared = new Uint8Array(MAX_READ_SIZE);

/**
 * What `onread`, an option of connecting sockets, sets on a socket. Accepted sockets do not get the
 * option, so these internal names are set instead.
 */
interface ReadInPlace {
  [name: symbol]: unknown;
  _handle: { useUserBuffer?(buffer: Uint8Array): void } | null;
}

const names = Object.getOwnPropertySymbols(new Socket());
const BUFFER = names.find((name) => name.description === "kBuffer");
const CALLBACK = names.find((name) => name.description === "kBufferCb");

/**
 * Reads into one buffer for all sockets, and copies each chunk to memory of its own size. Node
 * would allocate 64 KiB per chunk, and a buffer per socket would be most of an idle socket's
 * memory.
 */
function readInPlace(socket: OwnedSocket): void {
  const inPlace = socket as unknown as ReadInPlace;
  const handle = inPlace._handle;
  if (!BUFFER || !CALLBACK || !handle?.useUserBuffer) return readChunks.start(socket);
  inPlace[BUFFER] = shared;
  inPlace[CALLBACK] = onRead;
  handle.useUserBuffer(shared);
}

function onRead(this: OwnedSocket, count: number): boolean {
  this[OWNER]!.received(shared.slice(0, count), count);
  return true;
}

const READING: Reading = { start: readInPlace, isNative: true };

/** Opens a listening stream socket. */
export function listen(options: ListenOptions, accept: Accept): Promise<Listener> {
  return listenNode(options, accept, { read: READING });
}

/** Opens a listening stream socket for a server of `node:http`. */
export function listenForNode(options: ListenOptions, accept: AcceptNode): Promise<Listener> {
  return acceptForNode(options, accept);
}
