/**
 * Unix sockets between processes of this machine, for the control path.
 *
 * @module
 */

import { connect, createServer, Socket } from "node:net";
import process from "node:process";
import { plainBytes } from "../bytes/buffer.ts";
import type { ListeningServer } from "../shared/node_net.ts";

/** One side of a connection. */
export interface LocalSocket {
  /** Written bytes that the system has not taken yet. */
  readonly bufferedBytes: number;
  /**
   * Queues bytes, which must not change any more.
   *
   * @param done Called when the system has taken them, or writing has failed: before this returns
   * if there is room.
   */
  write(bytes: Uint8Array, done?: (ok: boolean) => void): void;
  /**
   * Sends what is queued, then ends the connection.
   *
   * @returns Resolves when the system has taken everything, or writing has failed. It may never, if
   * nothing reads.
   */
  end(): Promise<void>;
  /** Ends the connection immediately. */
  destroy(): void;
  /** Its descriptor; `undefined` once it is closed. */
  readonly descriptor: number | undefined;
  /** Stops reading, so that another process or a new supervisor can continue. */
  pause(): void;
  /** Resumes reading. */
  resume(): void;
}

/** A connection that is read as soon as it has handlers. */
export type UnreadSocket = (handlers: LocalSocketHandlers) => LocalSocket;

/** The events of a {@linkcode LocalSocket}. */
export interface LocalSocketHandlers {
  /** Bytes have arrived. The view is valid only during the call. */
  onBytes(bytes: Uint8Array): void;
  /** The connection has ended. */
  onClose(): void;
}

/** A listening Unix socket. */
export interface LocalListener {
  /** Stops accepting. Open connections stay. Removes whatever is at the path. */
  close(): void;
}

/** Listens on `path`, which must not exist, for processes of this user only. */
export function listenLocal(
  path: string,
  onSocket: (socket: LocalSocket) => LocalSocketHandlers,
): Promise<LocalListener> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => attach(socket, onSocket(wrap(socket))));
    server.on("error", reject);
    const listening = async () => {
      const release = "Deno" in globalThis
        ? (await import("../deno/exhaustion.ts")).resumeAccepting(server as ListeningServer, 0)
        : undefined;
      resolve({
        close() {
          release?.();
          server.close();
        },
      });
    };
    forThisUser(() => server.listen(path, () => void listening()));
  });
}

/** Everything that `work` creates is accessible only by this user from the first moment. */
function forThisUser(work: () => void): void {
  let before: number;
  try {
    before = process.umask(0o177);
  } catch {
    // Deno may not permit this. The folder protects the socket.
    return work();
  }
  try {
    work();
  } finally {
    process.umask(before);
  }
}

/** Connects to the socket at `path`. Rejects if no process listens. */
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

/** An inherited connection of this process. */
export function openLocal(descriptor: number): UnreadSocket {
  // Bun can read a descriptor only by connecting to it.
  return unread(
    "Bun" in globalThis
      ? connect({ fd: descriptor } as unknown as { path: string })
      : new Socket({ fd: descriptor, readable: true, writable: true }),
  );
}

/** The same for a connection that a runtime has opened. */
export function unread(socket: Socket): UnreadSocket {
  socket.on("error", () => {});
  return (handlers) => {
    attach(socket, handlers);
    return wrap(socket);
  };
}

/** The internals of a `node:net` socket. */
interface Handle {
  readonly fd?: number;
  readStop?(): void;
  readStart?(): void;
  /** Bun has these instead. */
  pause?(): void;
  resume?(): void;
}

function wrap(socket: Socket): LocalSocket {
  // A paused socket continues to read for a while, but its handle does not.
  const handle = () => (socket as unknown as { _handle?: Handle })._handle;
  return {
    get descriptor() {
      return handle()?.fd;
    },
    pause: () => {
      socket.pause();
      // Bytes that have been read are delivered, because nothing else can read them.
      while (socket.readableLength > 0) socket.read();
      const below = handle();
      if (below?.readStop) below.readStop();
      else below?.pause?.();
    },
    resume: () => {
      const below = handle();
      if (below?.readStart) below.readStart();
      else below?.resume?.();
      socket.resume();
    },
    get bufferedBytes() {
      return socket.writableLength;
    },
    write: (bytes, done) => {
      if (done === undefined) return void socket.write(bytes);
      let told = false;
      const tell = (ok: boolean) => {
        if (!told) done(ok);
        told = true;
      };
      socket.write(bytes, (error) => tell(!error));
      if (socket.writableLength === 0 && !socket.destroyed) tell(true);
    },
    end: () =>
      new Promise((resolve) => {
        if (socket.destroyed) return resolve();
        socket.once("close", () => resolve());
        socket.end(() => resolve());
      }),
    destroy: () => void socket.destroy(),
  };
}

function attach(socket: Socket, handlers: LocalSocketHandlers): void {
  // An error is always followed by "close", which is sufficient here.
  socket.on("error", () => {});
  socket.on("data", (bytes: Uint8Array) => handlers.onBytes(plainBytes(bytes)));
  socket.on("close", () => handlers.onClose());
}
