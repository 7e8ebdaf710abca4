/**
 * Handles control frames that follow waiting messages: they are answered immediately, although the
 * messages have to wait (RFC 6455 sections 5.5.1 and 5.5.2).
 *
 * @module
 */

import type { ReceiveBuffer } from "../../src/protocol/buffers.ts";
import type { CloseStatus } from "../../src/protocol/connection.ts";
import { readCloseStatus, WebSocketError } from "./close.ts";
import { CLOSE, FrameHeader, PING } from "./frame.ts";
import { applyMask } from "./mask.ts";

const header = new FrameHeader();

/** Inspects unread frames without consuming them. */
export class LookAhead {
  readonly #masked: boolean;
  /** How many of the unread bytes have been inspected. */
  #seen = 0;
  /** How many unread pings have been answered. */
  #answered = 0;
  /** The status of the peer's close frame, once it has been seen. */
  close: CloseStatus | undefined;

  /** @param masked True if the peer's frames are masked. */
  constructor(masked: boolean) {
    this.#masked = masked;
  }

  /** This many bytes have been consumed. */
  passed(count: number): void {
    this.#seen = Math.max(0, this.#seen - count);
  }

  /** A ping has been read. Returns true if it has been answered already. */
  tookAnswered(): boolean {
    if (this.#answered === 0) return false;
    this.#answered--;
    return true;
  }

  /**
   * Inspects the frames that have arrived since the last call.
   *
   * @param buffer The unread bytes.
   * @param payload How many bytes at its start belong to the payload of a frame.
   * @param pinged Called with the data of each ping.
   */
  look(buffer: ReceiveBuffer, payload: number, pinged: (data: Uint8Array) => void): void {
    const { bytes, start, end } = buffer;
    let at = start + Math.max(this.#seen, payload);
    try {
      while (this.close === undefined && at < end) {
        const size = header.read({ bytes, start: at, end }, this.#masked);
        const { opcode, length, key } = header;
        const next = at + size + length;
        if (size === 0 || opcode >= CLOSE && next > end) break;
        if (opcode === PING || opcode === CLOSE) {
          const data = bytes.slice(at + size, next);
          applyMask(data, 0, length, key);
          if (opcode === CLOSE) this.close = readCloseStatus(data);
          else {
            this.#answered++;
            pinged(data);
          }
        }
        at = next;
      }
    } catch (error) {
      if (!(error instanceof WebSocketError)) throw error;
      at = Infinity; // The next read reports the error.
    }
    this.#seen = at - start;
  }
}
