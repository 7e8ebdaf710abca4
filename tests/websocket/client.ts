/** A WebSocket client that can make every mistake: raw bytes over a real socket. */

import { type Frame, joined, readFrame } from "./frames.ts";

/** The key of RFC 6455 section 1.3. */
export const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
/** The server's key for it. */
export const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/** The parts of a handshake. Defaults are those of a correct client. */
export interface HandshakeInit {
  target?: string;
  /** The whole first line of the request. */
  requestLine?: string;
  /** Header fields to add, to replace, or to omit with `undefined`. */
  headers?: Record<string, string | undefined>;
}

/** The head of a response. */
export interface Answer {
  status: number;
  headers: Headers;
  /** The original head. */
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

  /** Connects and performs the handshake; throws if the response is not 101. */
  static async open(port: number, init: HandshakeInit = {}): Promise<RawClient> {
    const client = await RawClient.connect(port);
    await client.write(handshake(init));
    const answer = await client.answer();
    if (answer.status !== 101) throw new Error(`No upgrade: ${answer.text}`);
    return client;
  }

  /** Writes all of `bytes`. It is not an error if the server has already closed. */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
    } catch {
      this.#ended = true;
    }
  }

  /** The head of the server's response. */
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

  /** Everything up to the end of the connection, as text. */
  async rest(): Promise<string> {
    while (await this.#read());
    return new TextDecoder().decode(this.#received);
  }

  /** Stops reading and sending. */
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
