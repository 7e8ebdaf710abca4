/**
 * Takes the body of a request off the bytes that a connection receives.
 *
 * @module
 */

import type { ReceiveBuffer } from "../../src/protocol/buffers.ts";
import type { RequestBody } from "./body.ts";
import { ChunkedDecoder, type ChunkedLimits, tooLarge } from "./chunked_decoder.ts";
import type { HeadParser } from "./head_parser.ts";

/** How much of an unread body is dropped before the connection ends instead, in bytes. */
const MAX_DISCARDED = 65_536;

/** From this size on a run of bytes is copied by the runtime, for which the call costs the most. */
const MIN_BULK_SIZE = 32;

/** Fills one body. */
export class BodyReceiver {
  /** The body that is filled. */
  readonly body: RequestBody;
  /** Bytes taken so far, framing included. */
  received = 0;
  /** Bytes still to come, where the length is known; 0 otherwise. */
  left: number;

  /** True while the client waits for `100 Continue`. */
  awaitsContinue = false;

  readonly #decoder: ChunkedDecoder | undefined;
  /** What had been received at the last step, or when the body was given up. */
  #mark = 0;

  /**
   * @param head What frames the body.
   * @param body The body to fill.
   * @param limits What it is held to.
   * @throws {HttpError} If its length is over the limit.
   */
  constructor(head: HeadParser, body: RequestBody, limits: ChunkedLimits) {
    this.body = body;
    this.#decoder = head.chunked ? new ChunkedDecoder(limits) : undefined;
    this.left = head.chunked ? 0 : head.contentLength;
    if (this.left > limits.maxBodySize) throw tooLarge(limits.maxBodySize);
  }

  /**
   * True if the rest is not worth dropping once the request has been answered: the connection ends. A
   * client that still waits for `100 Continue` may send it or not, and nothing can follow that.
   */
  get isTooMuch(): boolean {
    return this.left > MAX_DISCARDED || this.awaitsContinue;
  }

  /** True once for every `size` bytes: the client sends fast enough. */
  steps(size: number): boolean {
    if (this.received - this.#mark < size) return false;
    this.#mark = this.received;
    return true;
  }

  /** The request has been answered: the rest is dropped. */
  discard(): void {
    this.awaitsContinue = false;
    this.#mark = this.received;
    this.body.discard();
  }

  /** True once too much has come that nobody reads. */
  get isPastLimit(): boolean {
    return this.received - this.#mark > MAX_DISCARDED;
  }

  /**
   * Takes what is there.
   *
   * @returns True once the body is whole.
   * @throws {HttpError} If the bytes break the protocol or a limit.
   */
  receive(buffer: ReceiveBuffer): boolean {
    const before = buffer.length;
    const done = this.#decoder === undefined
      ? this.#receiveLength(buffer)
      : this.#receiveChunks(buffer, this.#decoder);
    this.received += before - buffer.length;
    if (done) this.body.end(this.#decoder?.trailers);
    return done;
  }

  #receiveLength(buffer: ReceiveBuffer): boolean {
    const count = Math.min(this.left, buffer.length);
    if (count > 0) {
      this.body.push(buffer.view(0, count).slice());
      buffer.consume(count);
      this.left -= count;
    }
    return this.left === 0;
  }

  /** Many small chunks become one piece. */
  #receiveChunks(buffer: ReceiveBuffer, decoder: ChunkedDecoder): boolean {
    const { bytes, start, end } = buffer;
    let piece: Uint8Array | undefined;
    let size = 0;
    let at = start;
    while (!decoder.done) {
      const count = decoder.next(bytes, at, end);
      if (count === 0) break;
      if (count < 0) {
        piece ??= new Uint8Array(end - at);
        const runEnd = at - count;
        if (-count >= MIN_BULK_SIZE) piece.set(bytes.subarray(at, runEnd), size);
        else for (let index = at; index < runEnd; index++) piece[size + index - at] = bytes[index];
        size -= count;
      }
      at += Math.abs(count);
    }
    buffer.consume(at - start);
    if (piece !== undefined) {
      this.body.push(2 * size < piece.length ? piece.slice(0, size) : piece.subarray(0, size));
    }
    return decoder.done;
  }
}
