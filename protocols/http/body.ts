/**
 * The body of a request on its way from the connection to its reader.
 *
 * @module
 */

import { checkNumber } from "../../src/numbers.ts";
import type { HttpHeaders } from "./headers.ts";
import { HttpError } from "./http_error.ts";

/** How many bytes wait for a reader before the peer is held back. */
const HIGH_WATER_MARK = 65_536;

/** How many pieces do: a piece has a cost of its own, were it of one byte. */
const MAX_PIECES = 256;

/** Options of {@linkcode HttpRequest.bytes} and the other methods that read a whole body. */
export interface BodyOptions {
  /**
   * The largest body to accept, in bytes, from 0, or `Infinity`. Any other value rejects with a
   * `RangeError`. Default: `maxBodySize` of the protocol.
   */
  maxSize?: number;
}

/** What a body asks of the session that fills it. */
export interface BodyHandlers {
  /** The reader wants bytes: `100 Continue` is due, and the peer may go on. */
  wanted(): void;
}

/** The body of one request: the session fills it, one reader empties it. */
export class RequestBody {
  /** The fields after a chunked body; `undefined` until it has ended. */
  trailers: HttpHeaders | undefined;
  /** True once somebody reads it. */
  used = false;

  readonly #handlers: BodyHandlers | undefined;
  #chunks: Uint8Array[] = [];
  #size = 0;
  #ended = false;
  #error: Error | undefined;
  #discarding = false;
  #stream: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  #waiting:
    | { resolve: (chunk: Uint8Array | undefined) => void; reject: (error: Error) => void }
    | undefined;

  /** @param handlers Of the session that fills it; none where it is whole already. */
  constructor(handlers?: BodyHandlers) {
    this.#handlers = handlers;
  }

  /** A body that is whole already. */
  static of(bytes: Uint8Array): RequestBody {
    const body = new RequestBody();
    body.push(bytes);
    body.end();
    return body;
  }

  /** True while as much waits for a reader as may. */
  get full(): boolean {
    return this.#size >= HIGH_WATER_MARK || this.#chunks.length >= MAX_PIECES;
  }

  /** True while a reader waits for bytes. */
  get awaited(): boolean {
    return this.#waiting !== undefined;
  }

  /** Takes on bytes, which must not change any more. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#discarding) return;
    if (this.#waiting !== undefined) {
      const { resolve } = this.#waiting;
      this.#waiting = undefined;
      return resolve(bytes);
    }
    this.#chunks.push(bytes);
    this.#size += bytes.length;
  }

  /** The body is whole. */
  end(trailers?: HttpHeaders): void {
    this.#ended = true;
    this.trailers = trailers;
    this.#waiting?.resolve(undefined);
    this.#waiting = undefined;
  }

  /** The body will never be whole. */
  fail(error: Error): void {
    if (this.#ended || this.#error !== undefined) return;
    this.#error = error;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  /** The rest is dropped: its reader wants no more, or the request has been answered. */
  discard(): void {
    this.#discarding = true;
    this.#chunks = [];
    this.#size = 0;
    this.fail(new TypeError("Cannot read the request body: reading was cancelled"));
    this.#handlers?.wanted();
  }

  /**
   * The next bytes.
   *
   * @returns `undefined` at the end.
   * @throws {HttpError} If the body breaks the protocol or a limit, or the peer has disconnected.
   */
  read(): Promise<Uint8Array | undefined> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) {
      this.#size -= chunk.length;
      if (!this.#ended) this.#handlers?.wanted();
      return Promise.resolve(chunk);
    }
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#ended) return Promise.resolve(undefined);
    const promise = new Promise<Uint8Array | undefined>((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
    this.#handlers?.wanted();
    return promise;
  }

  /**
   * All bytes up to the end.
   *
   * @throws {HttpError} Also where they are more than `maxSize`: 413.
   * @throws {TypeError} If the body has been read already.
   */
  async bytes(maxSize: number): Promise<Uint8Array> {
    checkNumber("maxSize", maxSize, [0, Infinity]);
    this.#use();
    if (this.#ended && this.#chunks.length <= 1 && this.#size <= maxSize) {
      this.#size = 0;
      return this.#chunks.pop() ?? new Uint8Array();
    }
    const first = await this.read();
    let chunk = await this.read();
    if (chunk === undefined && (first?.length ?? 0) <= maxSize) return first ?? new Uint8Array();
    // The pieces of a slow peer may be single bytes: they go into one array that grows.
    let whole = first!;
    let size = whole.length;
    for (; chunk !== undefined; chunk = await this.read()) {
      if (size + chunk.length > whole.length) {
        const grown = new Uint8Array(Math.max(2 * whole.length, size + chunk.length));
        grown.set(whole);
        whole = grown;
      }
      whole.set(chunk, size);
      size += chunk.length;
      if (size > maxSize) break;
    }
    if (size > maxSize) {
      this.discard();
      throw new HttpError(413, `Cannot read the request body: it is over ${maxSize} bytes`);
    }
    return whole.subarray(0, size);
  }

  /** The body as a web stream, which reads on as it is read: the same one each time. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    if (this.#stream !== undefined) return this.#stream;
    this.#use();
    return this.#stream = new ReadableStream({
      pull: async (controller) => {
        const chunk = await this.read();
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk as Uint8Array<ArrayBuffer>);
      },
      cancel: () => this.discard(),
    }, { highWaterMark: 0 });
  }

  #use(): void {
    if (this.used) throw new TypeError("Cannot read the request body: it has already been read");
    this.used = true;
  }
}
