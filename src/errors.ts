/**
 * Every error of Goer has a stable `code`. Check the code, not the message.
 *
 * @module
 */

import { printableLines } from "./printable.ts";

/** The codes of {@linkcode GoerError}. `docs/errors.md` lists what each means and what to do. */
export type ErrorCode =
  /** An address, option or argument is not valid. */
  | "GOER_INVALID_ARGUMENT"
  /** The address is served by another process. */
  | "GOER_ADDRESS_IN_USE"
  /** The system or the runtime does not permit the operation. */
  | "GOER_PERMISSION_DENIED"
  /** The listening socket could not be opened for another reason. */
  | "GOER_LISTEN_FAILED"
  /** A connection to another address could not be made: unreachable, refused, or not in time. */
  | "GOER_CONNECT_FAILED"
  /** This runtime or platform does not support it. */
  | "GOER_NOT_SUPPORTED"
  /** A peer's bytes violate the protocol. */
  | "GOER_PROTOCOL"
  /** A packet is larger than `maxPacketSize`. */
  | "GOER_PACKET_TOO_LARGE"
  /** A response was sent without a request that waits for one. */
  | "GOER_NO_REQUEST"
  /** A handler threw or rejected. `cause` is what it threw. */
  | "GOER_HANDLER"
  /** The connection failed: reset by the peer, or the system could not read or write. */
  | "GOER_CONNECTION"
  /** The peer was silent for `idleTimeout`. */
  | "GOER_IDLE_TIMEOUT"
  /** A request was not answered in time. */
  | "GOER_TIMEOUT"
  /** The timing wheel is closed: its timers never fire. */
  | "GOER_TIMERS_CLOSED"
  /** An application module could not be loaded or exports no service. */
  | "GOER_APP"
  /** The supervisor could not be reached or refused a command. */
  | "GOER_SUPERVISOR"
  /** More than an option allows: groups, subscriptions, bytes that wait, what a client sends. */
  | "GOER_TOO_MANY"
  /** The message bus between processes failed. */
  | "GOER_BUS";

/**
 * An error with a stable `code`.
 *
 * @example
 * ```ts
 * import { GoerError } from "@goer/goer";
 *
 * const error = new GoerError("GOER_NOT_SUPPORTED", "Cannot do that here");
 * if (error.code !== "GOER_NOT_SUPPORTED") throw error;
 * ```
 */
export class GoerError extends Error {
  /** The stable code to match on. */
  readonly code: ErrorCode;
  /** The option that is not valid, if that is the reason: `"workers"`, `"compression.level"`. */
  readonly option: string | undefined;

  /**
   * Makes an error.
   *
   * @param code The stable code to match on.
   * @param message What failed, on what, and what to do. It can quote what a peer has sent. Control
   * characters are escaped.
   * @param options `cause`: the error behind this one. `option`: the option that is not valid.
   */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions & { option?: string }) {
    super(printableLines(message), options);
    this.name = "GoerError";
    this.code = code;
    this.option = options?.option;
  }
}

/**
 * Throw this in a protocol if a peer's bytes can never become a message. It closes only the peer's
 * connection.
 *
 * @example
 * ```ts
 * import { ProtocolError } from "@goer/goer";
 *
 * function input(buffer: Uint8Array): number {
 *   if (buffer[0] > 9) throw new ProtocolError(`Version ${buffer[0]} is not known`);
 *   return buffer[0];
 * }
 * if (input(new Uint8Array([4])) !== 4) throw new Error();
 * ```
 */
export class ProtocolError extends GoerError {
  /**
   * Makes an error.
   *
   * @param message What is wrong with the bytes.
   * @param options `code`: default `"GOER_PROTOCOL"`; `cause`: the error behind this one.
   */
  constructor(message: string, options: ErrorOptions & { code?: ErrorCode } = {}) {
    super(options.code ?? "GOER_PROTOCOL", message, options);
    this.name = "ProtocolError";
  }
}

/**
 * The error of a packet over the limit, whose length (or its known part) is `length` bytes.
 *
 * @example In a session, which checks its limits itself
 * ```ts
 * import { packetTooLarge } from "@goer/goer";
 *
 * const error = packetTooLarge(2000, 1000);
 * if (error.code !== "GOER_PACKET_TOO_LARGE") throw error;
 * ```
 */
export function packetTooLarge(length: number, limit: number): ProtocolError {
  return new ProtocolError(
    `A packet of ${length} bytes is over the limit: maxPacketSize is ${limit}`,
    { code: "GOER_PACKET_TOO_LARGE" },
  );
}
