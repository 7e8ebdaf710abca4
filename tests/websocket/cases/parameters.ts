/**
 * RFC 7692 section 7.1: every combination of the four parameters, with and without the client's
 * context.
 */

import { constants, createDeflateRaw } from "node:zlib";
import { BINARY, frame, joined, TEXT } from "../frames.ts";
import { binaryReply, type Case, someBytes, someText, textReply } from "./case.ts";
import { deflated } from "./deflate.ts";

const WINDOW_BITS = [8, 9, 10, 11, 12, 13, 14, 15];

/** Similar enough to refer to earlier ones, and together longer than a small window. */
const MESSAGES: readonly (string | Uint8Array)[] = [
  someText(200),
  someText(500),
  someBytes(300),
  someText(200),
  someBytes(300),
];

const REPLIES = MESSAGES.map((message) =>
  typeof message === "string" ? textReply(message) : binaryReply(message)
);

/** The payloads of messages compressed by one stream, each flushed. */
async function inContext(windowBits: number): Promise<Uint8Array[]> {
  const stream = createDeflateRaw({ windowBits });
  const payloads: Uint8Array[] = [];
  for (const message of MESSAGES) {
    stream.write(message);
    await new Promise<void>((resolve) => stream.flush(constants.Z_SYNC_FLUSH, resolve));
    const flushed = stream.read() as Uint8Array;
    payloads.push(new Uint8Array(flushed.subarray(0, flushed.length - 4)));
  }
  stream.destroy();
  return payloads;
}

function framed(payloads: readonly Uint8Array[]): Uint8Array {
  return joined(
    payloads.map((payload, index) =>
      frame({ opcode: typeof MESSAGES[index] === "string" ? TEXT : BINARY, reserved: 4, payload })
    ),
  );
}

/** zlib has no window of 8 bits. Its output for 9 reaches 250 bytes back, which fit in 8. */
async function inputs(bits: number): Promise<{ kept: Uint8Array; alone: Uint8Array }> {
  const windowBits = Math.max(bits, 9);
  return {
    kept: framed(await inContext(windowBits)),
    alone: framed(MESSAGES.map((message) => deflated(message, { windowBits }))),
  };
}

/** Cases by section. */
export const parameters: Case[] = [];

for (const clientBits of WINDOW_BITS) {
  const { kept, alone } = await inputs(clientBits);
  for (const serverBits of WINDOW_BITS) {
    for (const takeover of ["", "server", "client", "server and client"]) {
      const ends = takeover === "" ? [] : takeover.split(" and ");
      const offer = [
        "permessage-deflate",
        ...ends.map((end) => `${end}_no_context_takeover`),
        `server_max_window_bits=${serverBits}`,
        `client_max_window_bits=${clientBits}`,
      ].join("; ");
      parameters.push({
        name: `messages under "${offer}" are echoed`,
        input: ends.includes("client") ? alone : kept,
        replies: REPLIES,
        options: { compression: { threshold: 0 } },
        offer,
      });
    }
  }
}
