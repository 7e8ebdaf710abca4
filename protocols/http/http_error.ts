/**
 * A request that cannot be served, and the status that says so.
 *
 * @module
 */

import { ProtocolError } from "../../src/errors.ts";

/**
 * A request breaks the protocol or a limit. It is answered with `status`, and the connection ends:
 * where its bytes stop being understood, nothing after them can be either.
 *
 * @example
 * ```ts
 * import { HttpError } from "@goer/goer/protocols/http";
 *
 * const error = new HttpError(431, "Cannot read the request head: it has more than 100 fields");
 * if (error.status !== 431 || error.code !== "GOER_PROTOCOL") throw error;
 * ```
 */
export class HttpError extends ProtocolError {
  /** The status of the response, 400 to 599. */
  readonly status: number;

  /**
   * Makes an error.
   *
   * @param status The status of the response, 400 to 599.
   * @param message What is wrong with the request. The peer is not told.
   * @param options `cause`: the error behind this one.
   * @throws {RangeError} If the status is another.
   */
  constructor(status: number, message: string, options: ErrorOptions = {}) {
    if (!Number.isInteger(status) || status < 400 || status > 599) {
      throw new RangeError(`Cannot make an HttpError: status ${status} is not between 400 and 599`);
    }
    super(message, {
      code: status === 413 ? "GOER_PACKET_TOO_LARGE" : "GOER_PROTOCOL",
      ...options,
    });
    this.name = "HttpError";
    this.status = status;
  }
}

/** True for what a peer did wrong. */
export function isPeersFault(thrown: unknown): boolean {
  return thrown instanceof HttpError && thrown.status < 500;
}

/** The request head is not well-formed: 400. */
export function badHead(reason: string): HttpError {
  return new HttpError(400, `Cannot read the request head: ${reason}`);
}

/** The request body is not well-formed: 400. */
export function badBody(reason: string): HttpError {
  return new HttpError(400, `Cannot read the request body: ${reason}`);
}
