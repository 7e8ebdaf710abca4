/**
 * Many short texts that arrive together, decoded together: the call costs more than the text.
 *
 * @module
 */

import { decodeLatin1 } from "../../src/runtime/bytes/text.ts";
import type { ReceiveBuffer } from "../../src/protocol/buffers.ts";
import { FIN, TEXT } from "./frame.ts";

/**
 * How many bytes of messages are decoded in one go. A message that the application keeps may keep
 * the text it was cut from, so this is also how much memory one kept message can hold.
 */
const MAX_BATCH_SIZE = 2 * 1024;

/** Longer payloads have another header, and are worth a call of their own. */
const MAX_PAYLOAD_SIZE = 125;

/** Where the payloads of a batch are put together; batches are decoded at once. */
const payloads = new Uint8Array(MAX_BATCH_SIZE);

/**
 * Tells whether more has come than one short text: only then is there something to batch.
 *
 * @param buffer The bytes received.
 * @param masked Whether the peer's frames are to be masked.
 * @returns True if a {@linkcode TextBatch} may be of use.
 */
export function mayBeBatch({ bytes, start, end }: ReceiveBuffer, masked: boolean): boolean {
  const length = bytes[start + 1] & 0x7f;
  return bytes[start] === (FIN | TEXT) && length > 0 && length <= MAX_PAYLOAD_SIZE &&
    end - start > (masked ? 6 : 2) + length;
}

/**
 * Whole text messages at the front of a buffer, of which the headers are as short as can be and the
 * payloads ASCII. Their frames stay in the buffer until each is taken.
 */
export class TextBatch {
  readonly #headerSize: number;
  readonly #maskBit: number;
  #text = "";
  #at = 0;

  /** @param masked Whether the peer's frames are to be masked. */
  constructor(masked: boolean) {
    this.#headerSize = masked ? 6 : 2;
    this.#maskBit = masked ? 0x80 : 0;
  }

  /**
   * Takes the next message of the batch, or of a new one.
   *
   * @param buffer The bytes received; at the front a frame, in no fragmented message.
   * @param maxSize The largest message, in bytes.
   * @returns The message; undefined if the frames have to be looked at one by one.
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

  /** Decodes the messages at the front of `buffer`; false if there are not at least two. */
  #fill(buffer: ReceiveBuffer, maxSize: number): boolean {
    const { bytes, start, end } = buffer;
    const headerSize = this.#headerSize;
    let total = 0;
    let count = 0;
    for (let at = start; at + headerSize < end;) {
      const length = bytes[at + 1] ^ this.#maskBit;
      const payload = at + headerSize;
      // An empty message ends the batch: a batch of nothing but those would be looked at for each of them.
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

  /** Copies a payload to `payloads[to]`, its mask taken off; false if it is not ASCII. */
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
