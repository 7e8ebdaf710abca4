/** A peer's side of permessage-deflate with the runtime's own zlib, to check Goer's. */

import { constants, inflateRawSync } from "node:zlib";
import { type Frame, joined } from "./frames.ts";

const TAIL = Uint8Array.of(0x00, 0x00, 0xff, 0xff);

/** Inflates a server's frames with the negotiated window, with or without context. */
export class InflatingPeer {
  readonly #windowBits: number;
  readonly #takeover: boolean;
  /** Everything compressed so far: with a kept context, it is one stream. */
  #stream: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #inflatedLength = 0;

  /** @param offer The client's offer, whose last part the server has accepted. */
  constructor(offer = "") {
    const met = offer.split(",").findLast((part) => part.includes("permessage-deflate")) ?? "";
    this.#windowBits = Number(/server_max_window_bits="?(\d+)/.exec(met)?.[1] ?? 15);
    this.#takeover = !met.includes("server_no_context_takeover");
  }

  /** The message of a frame, inflated if RSV1 is set. */
  payloadOf(frame: Frame): Uint8Array<ArrayBuffer> {
    if (frame.reserved === 0) return frame.payload;
    if (!this.#takeover) return this.#inflate(joined([frame.payload, TAIL]));
    this.#stream = joined([this.#stream, frame.payload, TAIL]);
    const inflated = this.#inflate(this.#stream);
    const message = inflated.slice(this.#inflatedLength);
    this.#inflatedLength = inflated.length;
    return message;
  }

  /** The output is in small chunks, so that a distance beyond the window is noticed. */
  #inflate(stream: Uint8Array): Uint8Array<ArrayBuffer> {
    return new Uint8Array(inflateRawSync(stream, {
      finishFlush: constants.Z_SYNC_FLUSH,
      windowBits: this.#windowBits,
      chunkSize: Math.max(64, 2 ** (this.#windowBits - 2)),
    }));
  }
}
