/** A WebSocket client that can do everything wrong: raw bytes over a real socket. */

import { type Frame, joined, readFrame } from "./frames.ts";

/** The key of RFC 6455 section 1.3. */
export const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
/** What the server makes of it. */
export const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/** What a handshake is made of; what is left out is what a good client sends. */
export interface HandshakeInit {
  target?: string;
  /** The request's first line, whole. */
  requestLine?: string;
  /** Header fields to add, to replace, or with `undefined` to leave out. */
  headers?: Record<string, string | undefined>;
}

/** The head of an answer. */
export interface Answer {
  status: number;
  headers: Headers;
  /** The head as it came. */
  text: string;
}

/** The bytes of an opening handshake. */
export function handshake(init: HandshakeInit = {}): Uint8Array<ArrayBuffer> {
  const headers: Record<string, string | undefined> = {
    Host: "localhost",
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
    ...init.headers,
  };
  const fields = Object.entries(headers).filter(([, value]) => value !== undefined);
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
  const requestLine = init.requestLine ?? `GET ${init.target ?? "/"} HTTP/1.1`;
  return new TextEncoder().encode(`${requestLine}\r\n${lines.join("")}\r\n`);
}

/** The port of an address. */
export function portOf(address: string): number {
  return Number(/:(\d+)$/.exec(address)![1]);
}

/** One connection, from its first byte. */
export class RawClient implements Disposable {
  readonly #conn: Deno.TcpConn;
  #received: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #ended = false;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    conn.setNoDelay(true);
  }

  /** Connects without a handshake. */
  static async connect(port: number): Promise<RawClient> {
    return new RawClient(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** Connects and shakes hands; throws where the server does not answer 101. */
  static async open(port: number, init: HandshakeInit = {}): Promise<RawClient> {
    const client = await RawClient.connect(port);
    await client.write(handshake(init));
    const answer = await client.answer();
    if (answer.status !== 101) throw new Error(`No upgrade: ${answer.text}`);
    return client;
  }

  /** Writes all of `bytes`. A server that has closed already is no error. */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
    } catch {
      this.#ended = true;
    }
  }

  /** The head of the server's answer. */
  async answer(): Promise<Answer> {
    for (;;) {
      const text = new TextDecoder("latin1").decode(this.#received);
      const end = text.indexOf("\r\n\r\n");
      if (end >= 0) {
        this.#received = this.#received.slice(end + 4);
        const [first, ...fields] = text.slice(0, end).split("\r\n");
        const headers = new Headers(
          fields.map((field) => field.split(/:\s*(.*)/s, 2) as [string, string]),
        );
        return { status: Number(first.split(" ")[1]), headers, text: text.slice(0, end) };
      }
      if (!await this.#read()) throw new Error(`The answer ends in its head: ${text}`);
    }
  }

  /** The next frame; undefined at the end of the connection. */
  async frame(): Promise<Frame | undefined> {
    for (;;) {
      const next = readFrame(this.#received);
      if (next !== undefined) {
        this.#received = this.#received.slice(next.end);
        return next.frame;
      }
      if (!await this.#read()) return undefined;
    }
  }

  /** All that comes up to the end of the connection, as text. */
  async rest(): Promise<string> {
    while (await this.#read());
    return new TextDecoder().decode(this.#received);
  }

  /** Reads no more and sends no more. */
  [Symbol.dispose](): void {
    this.#conn.close();
  }

  async #read(): Promise<boolean> {
    if (this.#ended) return false;
    const chunk = new Uint8Array(65536);
    const count = await this.#conn.read(chunk).catch(() => null);
    if (count === null) {
      this.#ended = true;
      return false;
    }
    this.#received = joined([this.#received, chunk.subarray(0, count)]);
    return true;
  }
}
