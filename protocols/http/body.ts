/**
 * The body of a request, from the connection to its reader.
 *
 * @module
 */

import { checkNumber } from "../../src/numbers.ts";
import type { HttpHeaders } from "./headers.ts";
import { HttpError } from "./http_error.ts";

/** How many bytes can wait for a reader before reading from the peer stops. */
const HIGH_WATER_MARK = 65_536;

/** The same in pieces: each piece costs memory, even if it has only one byte. */
const MAX_PIECES = 256;

/** Options of {@linkcode HttpRequest.bytes} and the other methods that read a whole body. */
export interface BodyOptions {
  /**
   * The largest body to accept, in bytes, from 0, or `Infinity`. Any other value rejects with a
   * `RangeError`. Default: `maxBodySize` of the protocol.
   */
  maxSize?: number;
}

/** The events of a body for the session that fills it. */
export interface BodyHandlers {
  /** The reader needs bytes: the session sends `100 Continue` and reads from the peer again. */
  wanted(): void;
}

/** The body of one request: the session fills it, one reader empties it. */
export class RequestBody {
  /** The fields after a chunked body; `undefined` until it has ended. */
  trailers: HttpHeaders | undefined;
  /** True once something has started to read it. */
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

  /** @param handlers Events for the session that fills it; none if the body is complete. */
  constructor(handlers?: BodyHandlers) {
    this.#handlers = handlers;
  }

  /** A complete body. */
  static of(bytes: Uint8Array): RequestBody {
    const body = new RequestBody();
    body.push(bytes);
    body.end();
    return body;
  }

  /** True if the maximum of bytes or pieces waits for a reader. */
  get full(): boolean {
    return this.#size >= HIGH_WATER_MARK || this.#chunks.length >= MAX_PIECES;
  }

  /** True while a reader waits for bytes. */
  get awaited(): boolean {
    return this.#waiting !== undefined;
  }

  /** Adds bytes, which must not change any more. */
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

  /** The body is complete. */
  end(trailers?: HttpHeaders): void {
    this.#ended = true;
    this.trailers = trailers;
    this.#waiting?.resolve(undefined);
    this.#waiting = undefined;
  }

  /** The body will never be complete. */
  fail(error: Error): void {
    if (this.#ended || this.#error !== undefined) return;
    this.#error = error;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  /** Drops the rest: the reader has stopped, or the response has been sent. */
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
   * @throws {HttpError} If the body violates the protocol or a limit, or the peer has disconnected.
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
   * @throws {HttpError} Also 413 if the body is larger than `maxSize`.
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
    // A slow peer may send single bytes, so pieces are collected in one growing array.
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

  /** The body as a web stream, the same one each time. Reading it makes the session continue. */
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
