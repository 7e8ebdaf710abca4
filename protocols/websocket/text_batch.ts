/**
 * Decodes short texts that arrive together in one call, because the call costs more than the text.
 *
 * @module
 */

import { decodeLatin1 } from "../../src/runtime/bytes/text.ts";
import type { ReceiveBuffer } from "../../src/protocol/buffers.ts";
import { FIN, TEXT } from "./frame.ts";

/**
 * How many bytes of messages are decoded at once. A message that the application keeps can keep the
 * whole decoded text alive, so this also limits the memory per kept message.
 */
const MAX_BATCH_SIZE = 2 * 1024;

/** Longer payloads have another header, and are worth a call of their own. */
const MAX_PAYLOAD_SIZE = 125;

/** The payloads of a batch. A batch is decoded immediately, so all connections share it. */
const payloads = new Uint8Array(MAX_BATCH_SIZE);

/**
 * Tells whether more than one short text has arrived: only then is there something to batch.
 *
 * @param buffer The bytes received.
 * @param masked True if the peer must mask its frames.
 * @returns True if a {@linkcode TextBatch} may help.
 */
export function mayBeBatch({ bytes, start, end }: ReceiveBuffer, masked: boolean): boolean {
  const length = bytes[start + 1] & 0x7f;
  return bytes[start] === (FIN | TEXT) && length > 0 && length <= MAX_PAYLOAD_SIZE &&
    end - start > (masked ? 6 : 2) + length;
}

/**
 * Complete text messages at the start of a buffer, with the shortest headers and ASCII payloads.
 * Their frames stay in the buffer until each is taken.
 */
export class TextBatch {
  readonly #headerSize: number;
  readonly #maskBit: number;
  #text = "";
  #at = 0;

  /** @param masked True if the peer must mask its frames. */
  constructor(masked: boolean) {
    this.#headerSize = masked ? 6 : 2;
    this.#maskBit = masked ? 0x80 : 0;
  }

  /**
   * Returns the next message of the batch, or of a new one.
   *
   * @param buffer The received bytes, starting with a frame outside of a fragmented message.
   * @param maxSize The largest message, in bytes.
   * @returns The message; undefined if the frames must be read one by one.
   */
  take(buffer: ReceiveBuffer, maxSize: number): string | undefined {
    if (this.#at === this.#text.length && !this.#fill(buffer, maxSize)) return undefined;
    const length = buffer.bytes[buffer.start + 1] & 0x7f;
    const text = this.#text;
    const start = this.#at;
    this.#at = start + length;
    buffer.consume(this.#headerSize + length);
    if (this.#at === text.length) {
      this.#text = "";
      this.#at = 0;
    }
    return text.slice(start, start + length);
  }

  /** Decodes the messages at the start of `buffer`; false if there are fewer than two. */
  #fill(buffer: ReceiveBuffer, maxSize: number): boolean {
    const { bytes, start, end } = buffer;
    const headerSize = this.#headerSize;
    let total = 0;
    let count = 0;
    for (let at = start; at + headerSize < end;) {
      const length = bytes[at + 1] ^ this.#maskBit;
      const payload = at + headerSize;
      // An empty message ends the batch: a batch of only these would be scanned again for each of
      // them.
      if (
        bytes[at] !== (FIN | TEXT) || length === 0 || length > MAX_PAYLOAD_SIZE ||
        length > maxSize ||
        payload + length > end || total + length > MAX_BATCH_SIZE
      ) break;
      // The first message alone is not worth it.
      if (count === 0 && payload + length === end) return false;
      if (!this.#unmask(bytes, payload, length, total)) break;
      total += length;
      count++;
      at = payload + length;
    }
    if (count < 2) return false;
    this.#text = decodeLatin1(payloads, 0, total);
    this.#at = 0;
    return true;
  }

  /** Unmasks a payload into `payloads[to]`; false if it is not ASCII. */
  #unmask(bytes: Uint8Array, from: number, length: number, to: number): boolean {
    const masked = this.#maskBit !== 0;
    const first = masked ? bytes[from - 4] : 0;
    const second = masked ? bytes[from - 3] : 0;
    const third = masked ? bytes[from - 2] : 0;
    const fourth = masked ? bytes[from - 1] : 0;
    const last = from + length - 3;
    let seen = 0;
    let at = from;
    for (; at < last; at += 4, to += 4) {
      seen |= (payloads[to] = bytes[at] ^ first) | (payloads[to + 1] = bytes[at + 1] ^ second) |
        (payloads[to + 2] = bytes[at + 2] ^ third) | (payloads[to + 3] = bytes[at + 3] ^ fourth);
    }
    const end = from + length;
    if (at < end) seen |= payloads[to] = bytes[at] ^ first;
    if (at + 1 < end) seen |= payloads[to + 1] = bytes[at + 1] ^ second;
    if (at + 2 < end) seen |= payloads[to + 2] = bytes[at + 2] ^ third;
    return seen < 0x80;
  }
}
