/**
 * Sends a streamed body.
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

/** How many bytes can be queued before a stream is read further. */
const HIGH_WATER_MARK = 262_144;

/** Options of a streamed body. */
export interface StreamOptions {
  /** How its end is marked. */
  readonly framing: Framing;
  /** The trailer fields. */
  readonly trailers: HttpResponse["trailers"];
  /** The header fields of its response. */
  readonly headers: HttpHeaders;
  /** Called before waiting for each piece. */
  readonly waiting: () => unknown;
}

/** A response that has been accepted, but whose body is not known yet. */
export class PendingResponse {
  /** True while the response can still say that the connection will end. */
  readonly fresh = true;
  /** Not known yet. */
  readonly endless = false;
  /** True if it must not be sent any more. */
  stopped = false;

  /** Ends the connection after the response. */
  endWith(): void {}

  /** Prevents the response from being sent. */
  stop(): void {
    this.stopped = true;
  }
}

/** A body that is being sent. */
export class StreamedResponse {
  /**
   * True in the turn in which it was accepted: the response can still say that the connection will
   * end.
   */
  fresh = true;
  /** True for a stream of events: it has no end of its own. */
  readonly endless: boolean;
  readonly #source: BodySource;
  readonly #options: StreamOptions;
  readonly #context: SessionContext<never, HttpOutgoing>;
  /** True if the stream is still sent although the connection is closing. */
  #last = false;
  #stopped = false;

  /**
   * @param source The body.
   * @param options Options of the body.
   * @param context The connection.
   */
  constructor(
    source: BodySource,
    options: StreamOptions,
    context: SessionContext<never, HttpOutgoing>,
  ) {
    this.#source = source;
    this.#options = options;
    this.#context = context;
    const type = options.headers.get("content-type") ?? "";
    this.endless = /^text\/event-stream\b/i.test(type);
    queueMicrotask(() => this.fresh = false);
  }

  /**
   * Sends the body, no faster than the client receives it.
   *
   * @returns How many bytes of the body were sent; `undefined` if it was stopped.
   * @throws {RangeError} If it is longer or shorter than declared.
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

  /** Ends the connection after the response. */
  endWith(): void {
    this.#last = true;
  }

  /**
   * Stops sending, releases the stream, and ends the connection: nothing else can mark an
   * incomplete body.
   */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#source.stop((thrown) => this.#context.handlerFailed("Releasing a body", thrown));
    // An ordinary end would mean that the body is complete.
    if (this.#options.framing === "close") this.#context.terminate();
  }

  /** The body cannot be completed. */
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
      // Reading a released stream may fail.
      if (!this.#stopped) throw error;
    }
    return undefined;
  }
}
