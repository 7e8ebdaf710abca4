/**
 * Lines of text.
 *
 * @module
 */

import { madeOnce } from "../src/bytes/once.ts";
import { unsendable } from "../src/bytes/outgoing.ts";
import { packetTooLarge, ProtocolError } from "../src/errors.ts";
import { MORE, type Session } from "../src/protocol/session.ts";
import type { SessionContext, SessionProtocol } from "../src/protocol/protocol.ts";
import type { ReceiveBuffer, SendBuffer } from "../src/protocol/buffers.ts";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * How many bytes of lines are decoded at once. A line that the application keeps can keep the whole
 * decoded text alive, so this also limits the memory per kept line.
 */
const MAX_BATCH_SIZE = 2 * 1024;

/**
 * Lines of UTF-8 text, ended by `\n`; one `\r` before it is dropped. `send` adds the `\n`. Over UDP
 * the end of a datagram ends a line too.
 *
 * A line that is longer than `maxPacketSize` bytes or not UTF-8 ends the connection. `send` does
 * not check its message for line ends.
 *
 * @example
 * ```ts
 * import { text } from "@goer/goer/protocols/text";
 *
 * if (text.name !== "text") throw new Error();
 * ```
 */
export const text: SessionProtocol<string> = {
  name: "text",
  open: (context): Session<string> => new TextSession(context),
};

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

class TextSession implements Session<string> {
  readonly #maxPacketSize: number;
  readonly #datagram: boolean;
  /** How many bytes have been searched for a line end without success. */
  #searched = 0;
  /** Complete, decoded lines, starting at `#at`. */
  #batch = "";
  #at = 0;
  /** True if all of them are ASCII, so that each character is one byte. */
  #ascii = true;
  /** How many bytes to read line by line, because one of these lines is invalid UTF-8. */
  #invalid = 0;

  constructor(context: SessionContext<string>) {
    this.#maxPacketSize = context.maxPacketSize;
    this.#datagram = context.datagram;
  }

  read(buffer: ReceiveBuffer): string | typeof MORE {
    if (this.#batch === "" && (this.#invalid > 0 || !this.#decodeBatch(buffer))) {
      return this.#readLine(buffer);
    }
    const batch = this.#batch;
    const start = this.#at;
    const end = batch.indexOf("\n", start);
    const size = this.#ascii ? end - start : firstLineSize(buffer);
    buffer.consume(size + 1);
    this.#at = end + 1;
    if (this.#at === batch.length) this.#batch = "";
    if (size > this.#maxPacketSize) throw packetTooLarge(size, this.#maxPacketSize);
    const dropped = end > start && batch.charCodeAt(end - 1) === CARRIAGE_RETURN ? 1 : 0;
    return batch.slice(start, end - dropped);
  }

  write(message: string, out: SendBuffer, shared?: Map<unknown, Uint8Array>): void {
    if (typeof message !== "string") throw unsendable(message, "a string");
    if (shared !== undefined) return out.give(madeOnce(shared, text, () => encodeLine(message)));
    out.text(message);
    out.ensure(1);
    out.bytes[out.end++] = LINE_FEED;
  }

  /**
   * Decodes several complete lines with one call, up to {@linkcode MAX_BATCH_SIZE}. False if there
   * is none, or one is invalid.
   */
  #decodeBatch(buffer: ReceiveBuffer): boolean {
    const { bytes, start } = buffer;
    let at = Math.min(buffer.end, start + MAX_BATCH_SIZE) - 1;
    const searched = start + this.#searched;
    while (at >= searched && bytes[at] !== LINE_FEED) at--;
    if (at < searched) return false;
    const length = at + 1 - start;
    this.#searched = 0;
    const batch = decodeValid(buffer.view(0, length));
    if (batch === undefined) {
      this.#invalid = length;
      return false;
    }
    this.#batch = batch;
    this.#ascii = batch.length === length;
    this.#at = 0;
    return true;
  }

  #readLine(buffer: ReceiveBuffer): string | typeof MORE {
    const length = this.#lineLength(buffer);
    if (length < 0) {
      if (buffer.length > this.#maxPacketSize) {
        throw packetTooLarge(buffer.length, this.#maxPacketSize);
      }
      return MORE;
    }
    if (length > this.#maxPacketSize) throw packetTooLarge(length, this.#maxPacketSize);
    const { bytes, start } = buffer;
    const dropped = length > 0 && bytes[start + length - 1] === CARRIAGE_RETURN ? 1 : 0;
    const line = decode(buffer.view(0, length - dropped));
    const taken = Math.min(length + 1, buffer.length);
    this.#invalid = Math.max(this.#invalid - taken, 0);
    buffer.consume(taken);
    return line;
  }

  /** The length of the first line without its line end; -1 if the line is incomplete. */
  #lineLength(buffer: ReceiveBuffer): number {
    const { bytes, start, end } = buffer;
    for (let at = start + this.#searched; at < end; at++) {
      if (bytes[at] !== LINE_FEED) continue;
      this.#searched = 0;
      return at - start;
    }
    if (this.#datagram) return end - start;
    this.#searched = end - start;
    return -1;
  }
}

function encodeLine(line: string): Uint8Array {
  return new TextEncoder().encode(`${line}\n`);
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new ProtocolError("A line is not valid UTF-8", { cause });
  }
}

/** Decodes `bytes` if they are valid UTF-8. */
function decodeValid(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The size of the first line, which is complete, in bytes without its line end. */
function firstLineSize({ bytes, start }: ReceiveBuffer): number {
  let at = start;
  while (bytes[at] !== LINE_FEED) at++;
  return at - start;
}
