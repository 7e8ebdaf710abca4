/**
 * What happens on a connection before the handshake of TLS: the PROXY header is read, and a peer
 * that does not begin a handshake is recognized.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createServer, type Server, type ServerOpts, type Socket } from "node:net";
import { nativeDelay } from "../../numbers.ts";
import type { BeforeTls, PrefaceReader } from "../runtime.ts";
import { serverNameIn } from "./client_hello.ts";
import { formatPeer } from "../sockets/endpoint.ts";
import { type FrontSocket, PROXY } from "./tls_details.ts";

/** The first byte of a TLS connection: a record of the type "handshake" (RFC 8446 section 5.1). */
const HANDSHAKE = 22;

/**
 * How long received data is still read after a time limit, in ms: if the loop was blocked, or the
 * process stopped, the peer may have answered in time.
 */
export const READING_TIME = 500;

/** How long a peer that gets an answer in plain text may take to end its side, in ms. */
const LINGER_TIME = 2_000;

/** What a front does with connections. */
interface FrontOptions extends BeforeTls {
  /** How long a peer may take for its first bytes, in ms. */
  timeout: number;
  /** True if the name of the server is needed. */
  readsName: boolean;
  /** Begins the handshake with a client that asks for this name; `""` if it does not matter. */
  secure(socket: Socket, name: string): void;
}

/** A server whose connections begin a handshake. */
export interface Front {
  readonly server: Server;
  /** The handshake of a TLS socket is done. */
  done(socket: Socket): void;
  /** Settles when no handshake is pending. */
  idle(): Promise<void>;
}

/** Creates a server whose connections begin a handshake. */
export function createFront(server: ServerOpts, options: FrontOptions): Front {
  const pending = new Set<Socket>();
  let emptied = () => {};
  const remove = (socket: Socket) => {
    if (pending.delete(socket) && pending.size === 0) emptied();
  };
  return {
    server: createServer(server, (socket) => {
      pending.add(socket);
      socket.once("close", () => remove(socket));
      new Guest(socket, options);
    }),
    done: (socket) => remove((socket as FrontSocket)._parent ?? socket),
    idle: () =>
      pending.size === 0 ? Promise.resolve() : new Promise((resolve) => emptied = resolve),
  };
}

const NOTHING = new Uint8Array(0);

/** A connection before its handshake. */
class Guest {
  readonly #socket: FrontSocket;
  readonly #options: FrontOptions;
  #reader: PrefaceReader | undefined;
  /** The first bytes of the handshake, until they have the name of the server. */
  #first: Uint8Array = NOTHING;
  /** True once nothing more is read here. */
  #isDone = false;
  #deadline: ReturnType<typeof setTimeout>;

  constructor(socket: Socket, options: FrontOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on("error", ignore);
    this.#reader = options.openPreface?.(formatPeer(socket));
    const isAwaited = this.#reader?.required === true;
    this.#deadline = this.#expireAfter((isAwaited && options.prefaceTimeout) || options.timeout);
    if (!isAwaited && !this.#admit(formatPeer(socket))) return;
    socket.on("readable", this.#read);
    socket.once("close", this.#release);
  }

  /** Returns false if the client at this address was refused. */
  #admit(client: string): boolean {
    const { admit, refused } = this.#options;
    if (admit === undefined) return true;
    const release = admit(client);
    if (release !== undefined) {
      this.#socket.once("close", release);
      return true;
    }
    refused?.();
    this.#release();
    this.#socket.destroy();
    return false;
  }

  /** Ends the connection, some time after the time limit. */
  #expireAfter(delay: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      this.#deadline = setTimeout(() => {
        if (this.#reader?.required) this.#options.refused?.();
        this.#socket.destroy();
      }, READING_TIME);
    }, nativeDelay(delay));
  }

  #release = (): void => {
    this.#isDone = true;
    clearTimeout(this.#deadline);
    this.#socket.off("readable", this.#read);
    this.#socket.off("close", this.#release);
  };

  #read = (): void => {
    for (let chunk: Uint8Array | null; (chunk = this.#socket.read()) !== null;) {
      const bytes = this.#reader === undefined ? chunk : this.#take(this.#reader, chunk);
      if (bytes !== undefined && bytes.length > 0) this.#begin(bytes);
      if (this.#isDone) return;
    }
  };

  /** Reads the PROXY header. */
  #take(reader: PrefaceReader, chunk: Uint8Array): Uint8Array | undefined {
    let rest: Uint8Array | undefined;
    try {
      rest = reader.take(chunk);
    } catch {
      this.#options.refused?.();
      this.#release();
      return void this.#socket.destroy();
    }
    if (rest === undefined) return undefined;
    this.#reader = undefined;
    const { header } = reader;
    if (header === undefined) return rest;
    if (!this.#admit(header.source ?? formatPeer(this.#socket))) return undefined;
    const address = header.source === undefined ? undefined : formatPeer(this.#socket);
    this.#socket[PROXY] = { address, header };
    clearTimeout(this.#deadline);
    this.#deadline = this.#expireAfter(this.#options.timeout);
    return rest;
  }

  /** Begins the handshake, or reads on if these bytes do not have the name of the server yet. */
  #begin(bytes: Uint8Array): void {
    const first = this.#first.length === 0 ? bytes : Buffer.concat([this.#first, bytes]);
    if (first[0] !== HANDSHAKE) {
      this.#release();
      return this.#answerPlainly(first[0]);
    }
    const name = this.#options.readsName ? serverNameIn(first) : "";
    if (name === undefined) return void (this.#first = first);
    this.#release();
    const { buffer, byteOffset, length } = first;
    this.#socket.unshift(Buffer.from(buffer, byteOffset, length));
    this.#options.secure(this.#socket, name);
  }

  /** The method of a request begins with a capital letter. */
  #answerPlainly(byte: number): void {
    const { plainReply } = this.#options;
    const socket = this.#socket;
    if (plainReply === undefined || byte < 0x41 || byte > 0x5a) return void socket.destroy();
    // The rest of the request is read, so that no reset destroys the answer.
    socket.resume();
    socket.end(plainReply);
    const linger = setTimeout(() => socket.destroy(), LINGER_TIME);
    socket.once("close", () => clearTimeout(linger));
  }
}

/** Connections that break end by themselves. */
function ignore(): void {}
