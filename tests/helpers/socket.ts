/**
 * A plain client for tests: exact reads, lines, and how a connection ended.
 *
 * @module
 */

import { formatHostPort } from "../../src/runtime/sockets/endpoint.ts";
import { inTime } from "./wait.ts";

/** How the other side ended a connection. */
export type Ending = "end" | "reset";

/** The address of this side of a connection, as the other side sees it: `127.0.0.1:40123`. */
export function localAddress({ localAddr }: Pick<Deno.Conn, "localAddr">): string {
  const { hostname, port } = localAddr as Deno.NetAddr;
  return formatHostPort(hostname, port);
}

/** A TCP or Unix stream socket that is closed at the end of its block. */
export class Socket implements Disposable {
  readonly #conn: Deno.TcpConn | Deno.UnixConn;
  readonly #chunk: Uint8Array<ArrayBuffer> = new Uint8Array(65536);
  /** Received bytes that have not been read. */
  #rest = new Uint8Array(0);

  private constructor(conn: Deno.TcpConn | Deno.UnixConn) {
    this.#conn = conn;
  }

  /** Connects to an address as services print it: `tcp://127.0.0.1:8080`, `unix:///tmp/x.sock`. */
  static async connect(address: string): Promise<Socket> {
    const unix = /^[a-z+]*unix:\/\/(.*)$/.exec(address);
    if (unix !== null) return new Socket(await Deno.connect({ transport: "unix", path: unix[1] }));
    const [, hostname, port] = /^[a-z+]+:\/\/\[?(.*?)\]?:(\d+)$/.exec(address)!;
    const conn = await Deno.connect({ hostname, port: Number(port) });
    conn.setNoDelay(true);
    return new Socket(conn);
  }

  /** The address of this side, as the other side sees it. */
  get localAddress(): string {
    return localAddress(this.#conn);
  }

  /** Sends all of `data`, with text as UTF-8. */
  async send(data: Uint8Array | string): Promise<void> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    for (let start = 0; start < bytes.length;) {
      start += await this.#conn.write(bytes.subarray(start));
    }
  }

  /** Receives exactly `count` bytes. */
  async receive(count: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(count);
    let end = 0;
    while (end < count) {
      const chunk = await this.#next();
      if (chunk === undefined) {
        throw new Error(`The connection ended after ${end} of ${count} bytes`);
      }
      const taken = chunk.subarray(0, count - end);
      bytes.set(taken, end);
      end += taken.length;
      this.#rest = chunk.subarray(taken.length);
    }
    return bytes;
  }

  /** Receives the text of `count` bytes. */
  async text(count: number): Promise<string> {
    return new TextDecoder().decode(await this.receive(count));
  }

  /** Receives one line, without its end. */
  async line(): Promise<string> {
    const bytes: number[] = [];
    for (;;) {
      const [byte] = await this.receive(1);
      if (byte === 10) return new TextDecoder().decode(new Uint8Array(bytes));
      bytes.push(byte);
    }
  }

  /** Receives everything until the other side ends. */
  async receiveAll(): Promise<Uint8Array> {
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    for (let chunk = await this.#next(); chunk !== undefined; chunk = await this.#next()) {
      chunks.push(chunk.slice());
      this.#rest = new Uint8Array(0);
    }
    return new Uint8Array(await new Blob(chunks).arrayBuffer());
  }

  /** Waits until the other side ends, dropping what it sends. */
  async ending(): Promise<Ending> {
    try {
      await this.receiveAll();
      return "end";
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionReset) return "reset";
      throw error;
    }
  }

  /** Ends this side (FIN). */
  async end(): Promise<void> {
    await this.#conn.closeWrite();
  }

  /** Closes the socket. If received bytes are unread, the system sends a reset. */
  close(): void {
    try {
      this.#conn.close();
    } catch {
      // It is closed already.
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The rest of the last chunk, or the next one; `undefined` at the end. */
  async #next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#rest.length > 0) return this.#rest;
    const count = await inTime(this.#conn.read(this.#chunk), "Receiving");
    return count === null ? undefined : this.#chunk.subarray(0, count);
  }
}
