/**
 * Takes the body of a request off the bytes that a connection receives.
 *
 * @module
 */

import type { ReceiveBuffer } from "../protocol.ts";
import type { RequestBody } from "./body.ts";
import { ChunkedDecoder, type ChunkedLimits, tooLarge } from "./chunked_decoder.ts";
import type { HeadParser } from "./head_parser.ts";

/** Fills one body. */
export class BodyReceiver {
  /** The body that is filled. */
  readonly body: RequestBody;
  /** Bytes taken so far, framing included. */
  received = 0;
  /** Bytes still to come, where the length is known; 0 otherwise. */
  left: number;

  readonly #decoder: ChunkedDecoder | undefined;

  /**
   * @param head What frames the body.
   * @param body The body to fill.
   * @param limits What it is held to.
   * @throws {HttpError} Where its length is over the limit.
   */
  constructor(head: HeadParser, body: RequestBody, limits: ChunkedLimits) {
    this.body = body;
    this.#decoder = head.chunked ? new ChunkedDecoder(limits) : undefined;
    this.left = head.chunked ? 0 : head.contentLength;
    if (this.left > limits.maxBodySize) throw tooLarge(limits.maxBodySize);
  }

  /**
   * Takes what is there.
   *
   * @returns True once the body is whole.
   * @throws {HttpError} Where the bytes break the protocol or a limit.
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
        piece.set(bytes.subarray(at, at - count), size);
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
