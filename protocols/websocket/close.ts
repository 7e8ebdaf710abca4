/**
 * The end of a WebSocket connection: status codes, the body of a close frame, and the error with
 * its code (RFC 6455 section 7.4).
 *
 * @module
 */

import type { CloseStatus } from "../../src/protocol/connection.ts";
import { ProtocolError } from "../../src/errors.ts";
import { typeName } from "../../src/bytes/outgoing.ts";
import { isUtf8 } from "../../src/bytes/utf8.ts";
import { decodeText, encodeText } from "../../src/runtime/bytes/text.ts";

/** Normal closure. */
export const NORMAL = 1000;
/** The peer violated the framing. */
export const PROTOCOL_FAULT = 1002;
/** Represents a close frame without a code; never sent. */
export const NO_STATUS = 1005;
/** Represents a connection that ended without a close frame; never sent. */
export const ABNORMAL = 1006;
/** The payload does not match the message type: invalid UTF-8, or not inflatable. */
export const INVALID_PAYLOAD = 1007;
/** The peer violates a rule of this side: a message takes too long. */
export const POLICY_VIOLATION = 1008;
/** The message is too large. */
export const TOO_LARGE = 1009;
/** This side failed: a handler threw. */
export const INTERNAL_ERROR = 1011;
/** The service restarts: connect again. */
export const SERVICE_RESTART = 1012;

/** The maximum payload of a control frame (RFC 6455 section 5.5). */
export const MAX_CONTROL_SIZE = 125;

/**
 * A protocol violation of a peer, with the status code for closing the connection.
 *
 * @example
 * ```ts
 * import { WebSocketError } from "@goer/goer/protocols/websocket";
 *
 * const error = new WebSocketError(1009, "The message is larger than 10 bytes");
 * if (error.code !== "GOER_PACKET_TOO_LARGE" || error.closeCode !== 1009) throw error;
 * ```
 */
export class WebSocketError extends ProtocolError {
  /** The status code of the close frame that is sent in response. */
  readonly closeCode: number;

  /**
   * Creates an error that closes with this code.
   *
   * @param closeCode The status code of the close frame.
   * @param message What is wrong.
   */
  constructor(closeCode: number, message: string) {
    super(message, { code: closeCode === TOO_LARGE ? "GOER_PACKET_TOO_LARGE" : "GOER_PROTOCOL" });
    this.name = "WebSocketError";
    this.closeCode = closeCode;
  }
}

/**
 * Tells whether a close frame may contain `code`: 1000 to 1014 except reserved ones, and 3000 to
 * 4999 for libraries and applications.
 *
 * @param code The status code.
 */
function isCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  return (code >= 1000 && code <= 1014 && code !== 1004 && code !== NO_STATUS &&
    code !== ABNORMAL) || (code >= 3000 && code <= 4999);
}

/**
 * Parses the body of a close frame.
 *
 * @param body The unmasked payload.
 * @returns The status.
 * @throws {WebSocketError} If the body is not valid.
 */
export function readCloseStatus(body: Uint8Array): CloseStatus {
  if (body.length === 0) return { code: NO_STATUS, reason: "" };
  if (body.length === 1) {
    throw new WebSocketError(PROTOCOL_FAULT, "The close frame has half a code");
  }
  const code = body[0] << 8 | body[1];
  if (!isCloseCode(code)) {
    throw new WebSocketError(PROTOCOL_FAULT, `The close code is not valid: ${code}`);
  }
  if (!isUtf8(body, { start: 2 })) {
    throw new WebSocketError(INVALID_PAYLOAD, "The close reason is not UTF-8");
  }
  return { code, reason: decodeText(body, 2, body.length) };
}

/**
 * Creates the body of a close frame.
 *
 * @param status The status.
 * @returns The payload.
 * @throws {RangeError} If the code cannot be sent, or the reason is longer than 123 bytes.
 * @throws {TypeError} If the reason is not a string.
 */
export function closeBody(status: CloseStatus): Uint8Array {
  if (!isCloseCode(status.code)) {
    throw new RangeError(
      `Cannot close the connection: the code must be 1000, an unreserved code from 1001 to 1014, or ` +
        `3000 to 4999: ${status.code}`,
    );
  }
  if (typeof status.reason !== "string") {
    throw new TypeError(
      `Cannot close the connection: the reason must be a string, not ${typeName(status.reason)}`,
    );
  }
  const body = new Uint8Array(2 + status.reason.length * 3);
  body[0] = status.code >> 8;
  body[1] = status.code & 0xff;
  const length = 2 + encodeText(status.reason, body, 2);
  if (length > MAX_CONTROL_SIZE) {
    throw new RangeError(
      `Cannot close the connection: the reason has ${
        length - 2
      } bytes, and at most 123 are allowed`,
    );
  }
  return body.subarray(0, length);
}
