/**
 * A connection as a stream of `node:stream`, for libraries that expect a socket of Node.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import { GoerError } from "../../errors.ts";
import { parseHostPort } from "./endpoint.ts";

/** What {@linkcode toDuplex} needs of a connection. */
export interface DuplexSource {
  /** The peer: `"192.0.2.1:4711"`. */
  readonly remoteAddress: string;
  /** This side: `"192.0.2.7:80"`. */
  readonly localAddress: string;
  /** How many bytes have arrived. */
  readonly bytesRead: number;
  /** How many bytes have been sent or queued. */
  readonly bytesWritten: number;
  /** What the handshake of TLS has agreed on, if there was one. */
  readonly tls?: unknown;
  /** The bytes that arrive. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Writes bytes. */
  readonly writable: WritableStream<Uint8Array>;
  /** Ends the connection immediately. */
  destroy(): void;
}

/** The addresses of a socket of `node:net`, and its settings, which have no effect here. */
export interface DuplexSocket extends Duplex {
  /** The peer's address: `"192.0.2.1"`; undefined for a Unix socket. */
  readonly remoteAddress: string | undefined;
  /** The peer's port. */
  readonly remotePort: number | undefined;
  /** The address of this side. */
  readonly localAddress: string | undefined;
  /** The port of this side. */
  readonly localPort: number | undefined;
  /** The kind of the peer's address; undefined for a Unix socket. */
  readonly remoteFamily: "IPv4" | "IPv6" | undefined;
  /** How many bytes have arrived. */
  readonly bytesRead: number;
  /** How many bytes have been sent or queued. */
  readonly bytesWritten: number;
  /** True with TLS. */
  readonly encrypted: boolean;
  /** False: it is connected already. */
  readonly connecting: false;
  /** Which sides are open. */
  readonly readyState: "open" | "readOnly" | "writeOnly" | "closed";
  /** The address of this side. */
  address(): { address?: string; family?: string; port?: number };
  /** Ends this side. The connection closes once everything is sent and the peer has ended. */
  destroySoon(): void;
  /** Does nothing: the service keeps its process alive. */
  ref(): this;
  /** Does nothing: the service keeps its process alive. */
  unref(): this;
  /** Does nothing: the service has `idleTimeout`. */
  setTimeout(): this;
  /** Does nothing: Goer sets it for each connection. */
  setNoDelay(): this;
  /** Does nothing: Goer sets it for each connection. */
  setKeepAlive(): this;
}

class ConnectionDuplex extends Duplex implements DuplexSocket {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  readonly connecting = false;
  readonly #connection: DuplexSource;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor(connection: DuplexSource) {
    super({ allowHalfOpen: true });
    this.#connection = connection;
    this.#reader = connection.readable.getReader();
    this.#writer = connection.writable.getWriter();
    // A connection that breaks while nothing is written must end the stream as well.
    this.#writer.closed.catch((error) => this.#fail(error));
    const [remote, local] = [connection.remoteAddress, connection.localAddress].map(parseHostPort);
    this.remoteAddress = remote?.host;
    this.remotePort = remote?.port;
    this.localAddress = local?.host;
    this.localPort = local?.port;
  }

  get remoteFamily(): "IPv4" | "IPv6" | undefined {
    return familyOf(this.remoteAddress);
  }

  get bytesRead(): number {
    return this.#connection.bytesRead;
  }

  get bytesWritten(): number {
    return this.#connection.bytesWritten;
  }

  get encrypted(): boolean {
    return this.#connection.tls !== undefined;
  }

  get readyState(): "open" | "readOnly" | "writeOnly" | "closed" {
    if (this.readable) return this.writable ? "open" : "readOnly";
    return this.writable ? "writeOnly" : "closed";
  }

  override _read(): void {
    this.#reader.read().then(
      ({ done, value }) =>
        this.push(done ? null : Buffer.from(value.buffer, value.byteOffset, value.length)),
      (error) => this.#fail(error),
    );
  }

  override _write(chunk: Uint8Array, _: string, done: (error?: Error) => void): void {
    this.#writer.write(chunk).then(() => done(), done);
  }

  override _final(done: (error?: Error) => void): void {
    this.#writer.close().then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // After both sides have ended well, the connection closes by itself.
    if (error !== null || !this.writableFinished || !this.readableEnded) this.#connection.destroy();
    done(error);
  }

  address(): { address?: string; family?: string; port?: number } {
    const { localAddress: address, localPort: port } = this;
    return address === undefined ? {} : { address, family: familyOf(address), port };
  }

  destroySoon(): void {
    this.end();
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  #fail(error: Error): void {
    // A peer that has ended its side well needs no error when this side ends, too.
    if (!this.destroyed) this.destroy(this.readableEnded ? undefined : error);
  }
}

function familyOf(address: string | undefined): "IPv4" | "IPv6" | undefined {
  if (address === undefined) return undefined;
  return address.includes(":") ? "IPv6" : "IPv4";
}

/**
 * Turns a connection of raw bytes into a `Duplex` of `node:stream`, so that libraries for Node run on
 * a service of Goer, with its TLS, limits, workers and reloads. Call it in `onConnect`.
 *
 * @param connection A connection with the protocol `raw`.
 * @returns The stream. It ends when the peer ends its side. `end()` ends this side, and `destroy()`
 * the connection.
 * @throws {GoerError} `GOER_NOT_SUPPORTED` with another protocol, over UDP and with `reconnect`;
 * `GOER_INVALID_ARGUMENT` for anything else.
 *
 * @example An echo
 * ```ts
 * import { Goer } from "@goer/goer";
 * import { toDuplex } from "@goer/goer/node";
 *
 * const goer = new Goer("tcp://127.0.0.1:0");
 * goer.onConnect = (connection) => {
 *   const socket = toDuplex(connection);
 *   socket.on("error", () => {}).pipe(socket);
 * };
 * ```
 */
export function toDuplex(connection: DuplexSource): DuplexSocket {
  if (connection?.readable instanceof ReadableStream) return new ConnectionDuplex(connection);
  throw new GoerError("GOER_INVALID_ARGUMENT", "Cannot make a Duplex of this: give a connection");
}
