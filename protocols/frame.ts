/**
 * Frames: a length, followed by that many bytes.
 *
 * @module
 */

import { encodeOnce } from "../src/bytes/encoded_text.ts";
import { madeOnce } from "../src/bytes/once.ts";
import { BYTES_OR_TEXT, ownBytes, sizeOf } from "../src/bytes/outgoing.ts";
import { packetTooLarge, ProtocolError } from "../src/errors.ts";
import { MORE, type Session } from "../src/protocol/session.ts";
import type { SessionContext, SessionProtocol } from "../src/protocol/protocol.ts";
import type { ReceiveBuffer, SendBuffer } from "../src/protocol/buffers.ts";

/** The size of the length field, in bytes. The length includes it. */
const HEADER_SIZE = 4;

/** For all empty payloads: creating a view of nothing costs as much as any other. */
const NO_PAYLOAD = new Uint8Array(0);

/**
 * Payloads of at least this size are copied by the runtime; for smaller ones, the call costs more.
 */
const MIN_BULK_SIZE = 32;

/**
 * Binary frames: four bytes with the total length (big-endian, these four included), then the
 * payload. The same on the wire as Workerman's `frame`.
 *
 * `send` takes the payload: bytes, or a string, which it sends in UTF-8.
 *
 * A received payload is a view, valid until the handler has returned or settled. A length under 4
 * or over `maxPacketSize` ends the connection.
 *
 * @example
 * ```ts
 * import { frame } from "@goer/goer/protocols/frame";
 *
 * if (frame.name !== "frame") throw new Error();
 * ```
 */
export const frame: SessionProtocol<Uint8Array, Uint8Array | string> = {
  name: "frame",
  open: (context): Session<Uint8Array, Uint8Array | string> => new FrameSession(context),
};

class FrameSession implements Session<Uint8Array, Uint8Array | string> {
  readonly #maxPacketSize: number;

  constructor(context: SessionContext<Uint8Array, Uint8Array | string>) {
    this.#maxPacketSize = context.maxPacketSize;
  }

  read(buffer: ReceiveBuffer): Uint8Array | typeof MORE {
    if (buffer.length < HEADER_SIZE) {
      buffer.expect(HEADER_SIZE);
      return MORE;
    }
    const { bytes, start } = buffer;
    const length = (bytes[start] << 24 | bytes[start + 1] << 16 | bytes[start + 2] << 8 |
      bytes[start + 3]) >>> 0;
    if (length < HEADER_SIZE) {
      throw new ProtocolError(`A frame's length is less than its header of 4 bytes: ${length}`);
    }
    if (length > this.#maxPacketSize) throw packetTooLarge(length, this.#maxPacketSize);
    if (length > buffer.length) {
      buffer.expect(length);
      return MORE;
    }
    const payload = length === HEADER_SIZE
      ? NO_PAYLOAD
      : buffer.view(HEADER_SIZE, length - HEADER_SIZE);
    buffer.consume(length);
    return payload;
  }

  write(
    message: Uint8Array | string,
    out: SendBuffer,
    shared?: Map<unknown, Uint8Array>,
  ): void {
    if (shared !== undefined) return out.give(madeOnce(shared, frame, () => encodeFrame(message)));
    const payload = typeof message === "string" ? encodeOnce(message) : message;
    const size = sizeOf(payload, BYTES_OR_TEXT);
    const length = HEADER_SIZE + size;
    out.ensure(length <= MAX_GATHERED_SIZE ? length : HEADER_SIZE);
    const { bytes, end } = out;
    bytes[end] = length >>> 24;
    bytes[end + 1] = length >>> 16;
    bytes[end + 2] = length >>> 8;
    bytes[end + 3] = length;
    out.end = end + HEADER_SIZE;
    if (size >= MIN_BULK_SIZE) return payload === message ? out.copy(payload) : out.give(payload);
    for (let index = 0; index < size; index++) bytes[out.end++] = payload[index];
  }
}

function encodeFrame(message: Uint8Array | string): Uint8Array {
  const payload = ownBytes(message);
  const encoded = new Uint8Array(HEADER_SIZE + payload.length);
  new DataView(encoded.buffer).setUint32(0, encoded.length);
  encoded.set(payload, HEADER_SIZE);
  return encoded;
}

/** Up to this size, header and payload are joined in one array. */
const MAX_GATHERED_SIZE = 16 * 1024;
