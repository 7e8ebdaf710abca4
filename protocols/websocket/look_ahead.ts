/**
 * Control frames that have come behind messages which wait: they are answered as soon as they are there
 * (RFC 6455 sections 5.5.1 and 5.5.2), whatever the messages wait for.
 *
 * @module
 */

import type { ReceiveBuffer } from "../../src/protocol/buffers.ts";
import type { CloseStatus } from "../../src/protocol/connection.ts";
import { readCloseStatus, WebSocketError } from "./close.ts";
import { CLOSE, FrameHeader, PING } from "./frame.ts";
import { applyMask } from "./mask.ts";

const header = new FrameHeader();

/** Looks at frames that have not been read, and leaves them where they are. */
export class LookAhead {
  readonly #masked: boolean;
  /** How many of the unread bytes have been looked at. */
  #seen = 0;
  /** How many pings have been answered that are still to be read. */
  #answered = 0;
  /** What the peer's close frame says, where that has been seen. */
  close: CloseStatus | undefined;

  /** @param masked Whether the peer's frames are masked. */
  constructor(masked: boolean) {
    this.#masked = masked;
  }

  /** So many bytes have been read. */
  passed(count: number): void {
    this.#seen = Math.max(0, this.#seen - count);
  }

  /** A ping has been read: true if it has had its answer. */
  tookAnswered(): boolean {
    if (this.#answered === 0) return false;
    this.#answered--;
    return true;
  }

  /**
   * Looks at the frames that have come since the last call.
   *
   * @param buffer What is unread.
   * @param payload How many bytes of a frame's payload it begins with.
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
      at = Infinity; // The next read finds the fault.
    }
    this.#seen = at - start;
  }
}
