/** A peer's end of permessage-deflate over the runtime's own zlib, to check ours against. */

import { constants, inflateRawSync } from "node:zlib";
import { type Frame, joined } from "./frames.ts";

const TAIL = Uint8Array.of(0x00, 0x00, 0xff, 0xff);

/** Inflates a server's frames with the window that was agreed on, its context kept or not. */
export class InflatingPeer {
  readonly #windowBits: number;
  readonly #takeover: boolean;
  /** All that was compressed so far: with its context kept, it is one stream. */
  #stream: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #inflatedLength = 0;

  /** @param offer The client's offer, whose last part the server has met. */
  constructor(offer = "") {
    const met = offer.split(",").findLast((part) => part.includes("permessage-deflate")) ?? "";
    this.#windowBits = Number(/server_max_window_bits="?(\d+)/.exec(met)?.[1] ?? 15);
    this.#takeover = !met.includes("server_no_context_takeover");
  }

  /** The message of a frame, inflated where RSV1 says so. */
  payloadOf(frame: Frame): Uint8Array<ArrayBuffer> {
    if (frame.reserved === 0) return frame.payload;
    if (!this.#takeover) return this.#inflate(joined([frame.payload, TAIL]));
    this.#stream = joined([this.#stream, frame.payload, TAIL]);
    const inflated = this.#inflate(this.#stream);
    const message = inflated.slice(this.#inflatedLength);
    this.#inflatedLength = inflated.length;
    return message;
  }

  /** The output comes in chunks so small that no distance reaches past the window unnoticed. */
  #inflate(stream: Uint8Array): Uint8Array<ArrayBuffer> {
    return new Uint8Array(inflateRawSync(stream, {
      finishFlush: constants.Z_SYNC_FLUSH,
      windowBits: this.#windowBits,
      chunkSize: Math.max(64, 2 ** (this.#windowBits - 2)),
    }));
  }
}
