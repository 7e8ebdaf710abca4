/**
 * Sends a body that is streamed.
 *
 * @module
 */

import { sizeOf } from "../../src/bytes/outgoing.ts";
import { GoerError } from "../../src/errors.ts";
import type { SessionContext } from "../../src/protocol/protocol.ts";
import type { BodySource, HttpOutgoing } from "./response_framing.ts";
import { HttpHeaders } from "./headers.ts";
import type { HttpResponse } from "./response.ts";
import { type Framing, trailerLines, writeLatin1 } from "./response_writer.ts";

/** What a connection may have waiting before a stream that fills it is asked for more, in bytes. */
const HIGH_WATER_MARK = 262_144;

/** How a streamed body is sent. */
export interface StreamOptions {
  /** How its end is told. */
  readonly framing: Framing;
  /** What follows it. */
  readonly trailers: HttpResponse["trailers"];
  /** Called before each piece is waited for. */
  readonly waiting: () => unknown;
}

/** A response that has been given, and whose body is not known yet. */
export class PendingResponse {
  /** True while the connection may be told to end with it. */
  readonly fresh = true;
  /** True if it is not to be sent any more. */
  stopped = false;

  /** The connection ends with it, and not before. */
  endWith(): void {}

  /** It is not to be sent any more. */
  stop(): void {
    this.stopped = true;
  }
}

/** A body on its way to the client. */
export class StreamedResponse {
  /** True in the turn in which it was given: the connection may be told to end with it. */
  fresh = true;
  readonly #source: BodySource;
  readonly #options: StreamOptions;
  readonly #context: SessionContext<never, HttpOutgoing>;
  /** True as long as the stream is sent although the connection is closing. */
  #last = false;
  #stopped = false;

  /**
   * @param source The body.
   * @param options How it is sent.
   * @param context Where it goes.
   */
  constructor(
    source: BodySource,
    options: StreamOptions,
    context: SessionContext<never, HttpOutgoing>,
  ) {
    this.#source = source;
    this.#options = options;
    this.#context = context;
    queueMicrotask(() => this.fresh = false);
  }

  /**
   * Sends it, no faster than the client takes it.
   *
   * @returns How many bytes of the body were sent; `undefined` if it was stopped.
   * @throws {RangeError} If it is longer or shorter than it was said to be.
   */
  async send(): Promise<number | undefined> {
    const { framing, trailers } = this.#options;
    const context = this.#context;
    let size = 0;
    for (let piece = await this.#next(); piece !== undefined; piece = await this.#next()) {
      const length = sizeOf(piece);
      if (length === 0) continue;
      size += length;
      if (typeof framing === "number" && size > framing) {
        throw new RangeError(`Cannot send the body: it is longer than its ${framing} bytes`);
      }
      if (framing === "chunked") writeLatin1(`${length.toString(16)}\r\n`, context.out);
      context.out.give(piece);
      if (framing === "chunked") writeLatin1("\r\n", context.out);
      context.flush();
      if (context.connection.bufferedBytes > HIGH_WATER_MARK) {
        await new Promise<void>((resolve) => context.onceDrained(resolve));
      }
    }
    if (this.#stopped) return undefined;
    if (typeof framing === "number" && size < framing) {
      throw new RangeError(`Cannot send the body: it is shorter than its ${framing} bytes`);
    }
    if (framing === "chunked") {
      const fields = new HttpHeaders(trailers === undefined ? undefined : await trailers());
      if (this.#stopped) return undefined;
      writeLatin1(`0\r\n${trailerLines(fields)}\r\n`, context.out);
      context.flush();
    }
    return size;
  }

  /** The connection ends with it, and not before. */
  endWith(): void {
    this.#last = true;
  }

  /** The rest is not sent: only the connection's end can say so. What holds the rest is given back. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#source.stop((thrown) => this.#context.handlerFailed("Releasing a body", thrown));
    // An ordinary end would say that it is whole.
    if (this.#options.framing === "close") this.#context.terminate();
  }

  /** The body cannot be sent whole. */
  cut(cause: unknown): void {
    this.#context.fail(
      new GoerError("GOER_HANDLER", "Cannot send the body of a response", { cause }),
    );
    this.stop();
  }

  async #next(): Promise<Uint8Array | undefined> {
    if (!this.#last && !this.#context.connection.open) this.stop();
    if (this.#stopped) return undefined;
    this.#options.waiting();
    try {
      const piece = await this.#source.next();
      if (!this.#stopped) return piece;
    } catch (error) {
      // Reading what has been released may fail.
      if (!this.#stopped) throw error;
    }
    return undefined;
  }
}
