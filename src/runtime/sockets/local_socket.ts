/**
 * Unix sockets between processes of this machine, for the control path.
 *
 * @module
 */

import { connect, createServer, Socket } from "node:net";
import process from "node:process";
import type { ListeningServer } from "../shared/node_net.ts";

/** One end of a connection. */
export interface LocalSocket {
  /** Bytes written that the system has not taken yet. */
  readonly bufferedBytes: number;
  /**
   * Queues bytes; they must not change any more.
   *
   * @param done Hears when the system has taken them, or will not: before this returns where it has room.
   */
  write(bytes: Uint8Array, done?: (ok: boolean) => void): void;
  /**
   * Sends what is queued, then ends the connection.
   *
   * @returns Resolves when the system has taken all, or will not: it may never, where nobody reads.
   */
  end(): Promise<void>;
  /** Ends the connection at once. */
  destroy(): void;
  /** Its number in this process; `undefined` once it is closed. */
  readonly descriptor: number | undefined;
  /** Leaves what comes to the system from here on: another process, or image, is to read it. */
  pause(): void;
  /** Reads on. */
  resume(): void;
}

/** An end of a connection that is not read yet: it is once handlers are given. */
export type UnreadSocket = (handlers: LocalSocketHandlers) => LocalSocket;

/** What becomes of a {@linkcode LocalSocket}. */
export interface LocalSocketHandlers {
  /** Bytes arrived; the view is valid during the call only. */
  onBytes(bytes: Uint8Array): void;
  /** The connection has ended. */
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

/** The end of a connection that this process was started with. */
export function openLocal(descriptor: number): UnreadSocket {
  // Bun reads a descriptor only where it is connected to.
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

/** What lies below a socket of `node:net`. */
interface Handle {
  readonly fd?: number;
  readStop?(): void;
  readStart?(): void;
  /** Bun has these in place of the former. */
  pause?(): void;
  resume?(): void;
}

function wrap(socket: Socket): LocalSocket {
  // A socket that is paused reads on for a while: its handle does not.
  const handle = () => (socket as unknown as { _handle?: Handle })._handle;
  return {
    get descriptor() {
      return handle()?.fd;
    },
    pause: () => {
      socket.pause();
      // What has been read already is told: nobody else can read it.
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
  // An error is always followed by "close", which is all that matters here.
  socket.on("error", () => {});
  socket.on("data", (bytes: Uint8Array) => handlers.onBytes(bytes));
  socket.on("close", () => handlers.onClose());
}
