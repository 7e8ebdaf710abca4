/**
 * Unix sockets between processes of this machine, for the control path.
 *
 * @module
 */

import { connect, createServer, type Socket } from "node:net";
import process from "node:process";

/** One end of a connection. */
export interface LocalSocket {
  /** Bytes written that the system has not taken yet. */
  readonly bufferedBytes: number;
  /** Queues bytes; they must not change any more. */
  write(bytes: Uint8Array): void;
  /** Sends what is queued, then ends the connection. */
  end(): void;
  /** Ends the connection at once. */
  destroy(): void;
}

/** What becomes of a {@linkcode LocalSocket}. */
export interface LocalSocketHandlers {
  /** Bytes arrived; the view is valid during the call only. */
  onBytes(bytes: Uint8Array): void;
  /** The connection is gone. */
  onClose(): void;
}

/** A listening Unix socket. */
export interface LocalListener {
  /** Accepts no more; open connections live on. Removes whatever is at the path. */
  close(): void;
}

/** Listens on `path`, where nothing may be, for processes of this user only. */
export function listenLocal(
  path: string,
  onSocket: (socket: LocalSocket) => LocalSocketHandlers,
): Promise<LocalListener> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => attach(socket, onSocket(wrap(socket))));
    server.on("error", reject);
    forThisUser(() => server.listen(path, () => resolve({ close: () => void server.close() })));
  });
}

/** What `work` creates is for this user alone, from the first instant. */
function forThisUser(work: () => void): void {
  let before: number;
  try {
    before = process.umask(0o177);
  } catch {
    // Deno may not permit it: the folder keeps others out.
    return work();
  }
  try {
    work();
  } finally {
    process.umask(before);
  }
}

/** Connects to the socket at `path`. Rejects where nobody listens. */
export function connectLocal(
  path: string,
  handlers: LocalSocketHandlers,
): Promise<LocalSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      attach(socket, handlers);
      resolve(wrap(socket));
    });
  });
}

function wrap(socket: Socket): LocalSocket {
  return {
    get bufferedBytes() {
      return socket.writableLength;
    },
    write: (bytes) => void socket.write(bytes),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  };
}

function attach(socket: Socket, handlers: LocalSocketHandlers): void {
  // An error is always followed by "close", which is all that matters here.
  socket.on("error", () => {});
  socket.on("data", (bytes: Uint8Array) => handlers.onBytes(bytes));
  socket.on("close", () => handlers.onClose());
}
