/**
 * Extracts the body of a request from a connection's bytes.
 *
 * @module
 */

import type { ReceiveBuffer } from "../../src/protocol/buffers.ts";
import type { RequestBody } from "./body.ts";
import { ChunkedDecoder, type ChunkedLimits, tooLarge } from "./chunked_decoder.ts";
import type { HeadParser } from "./head_parser.ts";

/** How much of an unread body is dropped before the connection is closed, in bytes. */
const MAX_DISCARDED = 65_536;

/** Runs of at least this size are copied by the runtime; for smaller ones, the call costs more. */
const MIN_BULK_SIZE = 32;

export class BodyReceiver {
  /** The body to fill. */
  readonly body: RequestBody;
  /** Bytes received so far, including framing. */
  received = 0;
  /** Bytes still to come if the length is known; otherwise 0. */
  left: number;

  /** True while the client waits for `100 Continue`. */
  awaitsContinue = false;

  readonly #decoder: ChunkedDecoder | undefined;
  /** The value of `received` at the last step, or when the body was discarded. */
  #mark = 0;

  /**
   * @param head The head, which contains the framing of the body.
   * @param body The body to fill.
   * @param limits The limits of the body.
   * @throws {HttpError} If its length exceeds the limit.
   */
  constructor(head: HeadParser, body: RequestBody, limits: ChunkedLimits) {
    this.body = body;
    this.#decoder = head.chunked ? new ChunkedDecoder(limits) : undefined;
    this.left = head.chunked ? 0 : head.contentLength;
    if (this.left > limits.maxBodySize) throw tooLarge(limits.maxBodySize);
  }

  /**
   * True if the rest is too large to drop after the response, so that the connection must end. A
   * client that still waits for `100 Continue` may or may not send the body, so nothing can follow
   * it.
   */
  get isTooMuch(): boolean {
    return this.left > MAX_DISCARDED || this.awaitsContinue;
  }

  /** True once for every `size` bytes, as evidence that the client sends fast enough. */
  steps(size: number): boolean {
    if (this.received - this.#mark < size) return false;
    this.#mark = this.received;
    return true;
  }

  /** The response has been sent: drops the rest. */
  discard(): void {
    this.awaitsContinue = false;
    this.#mark = this.received;
    this.body.discard();
  }

  /** True if too much of an unread body has arrived. */
  get isPastLimit(): boolean {
    return this.received - this.#mark > MAX_DISCARDED;
  }

  /**
   * Consumes the available bytes.
   *
   * @returns True if the body is complete.
   * @throws {HttpError} If the bytes violate the protocol or a limit.
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
      const { bytes, start } = buffer;
      this.body.push(bytes.slice(start, start + count));
      buffer.consume(count);
      this.left -= count;
    }
    return this.left === 0;
  }

  /** Joins many small chunks into one piece. */
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
