/**
 * Reads from sockets of `node:tls` of Deno.
 *
 * @module
 */

import { type OwnedSocket, readChunks, type Reading } from "../shared/node_reading.ts";

/** The used part of the handle of a socket. */
interface Handle {
  readStart(): number;
  readStop(): number;
}

/**
 * Reads chunk by chunk. If the stream stops reading while Deno passes on the bytes that have waited,
 * Deno forgets that the peer has ended: neither `end` nor `close` would follow. So such a stop waits
 * until Deno has passed on everything.
 */
export const readSecure: Reading = {
  start(socket) {
    const { _handle: handle } = socket as OwnedSocket & { _handle: Handle | null };
    if (handle !== null) stopAfterwards(handle);
    readChunks.start(socket);
  },
  isNative: false,
};

function stopAfterwards(handle: Handle): void {
  const { readStart, readStop } = handle;
  let isStarting = false;
  let stops = false;
  handle.readStart = () => {
    isStarting = true;
    stops = false;
    const status = readStart.call(handle);
    isStarting = false;
    return stops ? readStop.call(handle) : status;
  };
  handle.readStop = () => {
    if (!isStarting) return readStop.call(handle);
    stops = true;
    return 0;
  };
}
