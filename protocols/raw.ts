/**
 * No protocol: bytes as they arrive.
 *
 * @module
 */

import { madeOnce } from "../src/bytes/once.ts";
import { ownBytes, writeBytes } from "../src/bytes/outgoing.ts";
import type { SessionProtocol } from "../src/protocol/protocol.ts";
import type { ReceiveBuffer, SendBuffer } from "../src/protocol/buffers.ts";
import type { Session } from "../src/protocol/session.ts";

/**
 * Raw bytes, the protocol of `tcp://`, `udp://`, `unix://` and `tls://`. Each chunk that arrives is
 * a message. Views are valid until the handler has returned or settled.
 * `send` takes bytes, or a string, which is sent as UTF-8.
 *
 * @example
 * ```ts
 * import { raw } from "@goer/goer/protocols/raw";
 *
 * if (raw.name !== "raw") throw new Error();
 * ```
 */
export const raw: SessionProtocol<Uint8Array, Uint8Array | string> = {
  name: "raw",
  open: (): Session<Uint8Array, Uint8Array | string> => session,
};

/** One for all connections, because it has no state. */
const session: Session<Uint8Array, Uint8Array | string> = {
  read(buffer: ReceiveBuffer): Uint8Array {
    const chunk = buffer.view(0, buffer.length);
    buffer.consume(chunk.length);
    return chunk;
  },
  write(
    message: Uint8Array | string,
    out: SendBuffer,
    shared?: Map<unknown, Uint8Array>,
  ): void {
    if (shared !== undefined) out.give(madeOnce(shared, raw, () => ownBytes(message)));
    else writeBytes(message, out);
  },
};
