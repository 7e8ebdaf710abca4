/**
 * The error of a request that cannot be served, with the status of its response.
 *
 * @module
 */

import { ProtocolError } from "../../src/errors.ts";

/**
 * A request that violates the protocol or a limit. Goer responds with `status` and closes the
 * connection, because it cannot interpret the bytes that follow.
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
  /** The status of the response, from 400 to 599. */
  readonly status: number;

  /**
   * Creates an error.
   *
   * @param status The status of the response, from 400 to 599.
   * @param message What is wrong with the request. It is not sent to the peer.
   * @param options `cause`: the error behind this one.
   * @throws {RangeError} If the status is not allowed.
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

/** True if the peer caused the error. */
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
