/** RFC 7692: messages compressed by another zlib than the tested one. */

import { constants, deflateRawSync } from "node:zlib";
import { BINARY, CONTINUATION, fragments, frame, hex, joined, PING, TEXT } from "../frames.ts";
import { text } from "../frames.ts";
import { binaryReply, type Case, pongReply, someBytes, someText, textReply } from "./case.ts";

/** How the client compresses. */
interface Zlib {
  windowBits?: number;
  level?: number;
}

/** A message's compressed payload, without the four bytes at the end of a flush. */
export function deflated(payload: Uint8Array | string, zlib: Zlib = {}): Uint8Array {
  const flushed = deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH, ...zlib });
  return new Uint8Array(flushed.subarray(0, flushed.length - 4));
}

/** A compressed message in one frame. */
function compressed(payload: Uint8Array | string, zlib?: Zlib): Uint8Array {
  const opcode = typeof payload === "string" ? TEXT : BINARY;
  return frame({ opcode, reserved: 4, payload: deflated(payload, zlib) });
}

/** A compressed message in frames of `size` bytes. */
function compressedFragments(payload: Uint8Array | string, size: number): Uint8Array {
  const opcode = typeof payload === "string" ? TEXT : BINARY;
  const bytes = deflated(payload);
  const pieces = Array.from(
    { length: Math.ceil(bytes.length / size) },
    (_, index) => bytes.subarray(index * size, (index + 1) * size),
  );
  return fragments(opcode, pieces, { reserved: 4 });
}

const offer = "permessage-deflate; client_max_window_bits";
const options = { compression: {} };

/** Offers and options, with the resulting window of the client. */
const parameters: { offer: string; compression?: Case["options"]; windowBits?: number }[] = [
  { offer: "permessage-deflate" },
  { offer: "permessage-deflate; server_no_context_takeover" },
  { offer: "permessage-deflate; client_no_context_takeover" },
  { offer: "permessage-deflate; server_no_context_takeover; client_no_context_takeover" },
  ...[8, 9, 10, 11, 12, 13, 14, 15].map((bits) => ({
    offer: `permessage-deflate; server_max_window_bits=${bits}`,
  })),
  ...[9, 10, 11, 12, 13, 14, 15].map((bits) => ({
    offer: `permessage-deflate; client_max_window_bits=${bits}`,
    windowBits: bits,
  })),
  {
    offer: 'permessage-deflate; client_max_window_bits="9"; server_max_window_bits="9"',
    windowBits: 9,
  },
  {
    offer: "permessage-deflate; client_max_window_bits; server_max_window_bits=9; " +
      "server_no_context_takeover; client_no_context_takeover",
  },
  {
    offer: "permessage-deflate; server_max_window_bits=7, permessage-deflate; unknown, " +
      "x-webkit-deflate-frame, permessage-deflate",
  },
];

const sizesByParameter: Case[] = parameters.flatMap(({ offer, windowBits }) =>
  [0, 1, 64, 300, 4096, 32768, 131072].map((size) => {
    const content = someText(size);
    const payload = someBytes(size);
    return {
      name: `${size} bytes under "${offer}" are echoed, three times each`,
      input: joined([
        ...[1, 2, 3].map(() => compressed(content, { windowBits })),
        ...[1, 2, 3].map(() => compressed(payload, { windowBits })),
      ]),
      replies: [
        ...[1, 2, 3].map(() => textReply(content)),
        ...[1, 2, 3].map(() => binaryReply(payload)),
      ],
      options: { compression: { threshold: 0 } },
      offer,
      large: size > 300,
    };
  })
);

/** Many in sequence, in one frame each, and in fragments. */
const many: Case[] = [64, 1024, 8192].flatMap((size) => {
  const content = someText(size);
  return [deflated(content).length, 16].map((fragment) => ({
    name: `1000 compressed texts of ${size} bytes, in frames of ${fragment}, are echoed`,
    input: joined(Array(1000).fill(compressedFragments(content, fragment))),
    replies: Array(1000).fill(textReply(content)),
    options: { compression: { threshold: 0 } },
    // For each message, the peer of the tests inflates a kept context from its beginning.
    offer: "permessage-deflate; server_no_context_takeover",
    large: true,
  }));
});

/** Cases by section. */
export const deflate: Case[] = [
  ...sizesByParameter,
  ...many,
  {
    name: "the message of section 7.2.3.1 is inflated",
    input: frame({ opcode: TEXT, reserved: 4, payload: hex("f248cdc9c90700") }),
    replies: [textReply("Hello")],
    options,
    offer,
  },
  {
    name: "the message of section 7.2.3.1 in two fragments is inflated",
    input: fragments(TEXT, [hex("f248cd"), hex("c9c90700")], { reserved: 4 }),
    replies: [textReply("Hello")],
    options,
    offer,
  },
  {
    name: "the second message of section 7.2.3.2 refers to the first",
    input: joined([
      frame({ opcode: TEXT, reserved: 4, payload: hex("f248cdc9c90700") }),
      frame({ opcode: TEXT, reserved: 4, payload: hex("f200110000") }),
    ]),
    replies: [textReply("Hello"), textReply("Hello")],
    options,
    offer,
  },
  {
    name: "the stored block of section 7.2.3.3 is inflated",
    input: frame({ opcode: TEXT, reserved: 4, payload: hex("000500faff48656c6c6f00") }),
    replies: [textReply("Hello")],
    options,
    offer,
  },
  {
    name: "the final block of section 7.2.3.4 and later messages are inflated",
    input: joined([
      frame({ opcode: TEXT, reserved: 4, payload: hex("f348cdc9c9070000") }),
      frame({ opcode: TEXT, reserved: 4, payload: hex("f248cdc9c90700") }),
      frame({ opcode: TEXT, reserved: 4, payload: hex("f348cdc9c9070000") }),
    ]),
    replies: [textReply("Hello"), textReply("Hello"), textReply("Hello")],
    options,
    offer,
  },
  {
    name: "the two blocks of section 7.2.3.5 are inflated",
    input: frame({ opcode: TEXT, reserved: 4, payload: hex("f248050000 00ffffcac9c90700") }),
    replies: [textReply("Hello")],
    options,
    offer,
  },
  {
    name: "the empty message of section 7.2.3.6 is inflated",
    input: frame({ opcode: TEXT, reserved: 4, payload: hex("00") }),
    replies: [textReply("")],
    options,
    offer,
  },
  {
    name: "compressed and uncompressed messages can alternate",
    input: joined([compressed("one".repeat(10)), text("two"), compressed("three".repeat(10))]),
    replies: [textReply("one".repeat(10)), textReply("two"), textReply("three".repeat(10))],
    options,
    offer,
  },
  ...[1, 2, 7, 100, 1000].map((size) => ({
    name: `a compressed text in fragments of ${size} bytes is echoed`,
    input: compressedFragments(someText(2000) + "é€😀", size),
    replies: [textReply(someText(2000) + "é€😀")],
    options,
    offer,
  })),
  {
    name: "a ping between compressed fragments is answered uncompressed",
    input: joined([
      frame({ opcode: TEXT, fin: false, reserved: 4, payload: hex("f248cd") }),
      frame({ opcode: PING, payload: "ping" }),
      frame({ opcode: CONTINUATION, payload: hex("c9c90700") }),
    ]),
    replies: [pongReply("ping"), textReply("Hello")],
    options,
    offer,
  },
  {
    name: "RSV1 in a continuation is refused",
    input: joined([
      frame({ opcode: TEXT, fin: false, reserved: 4, payload: hex("f248cd") }),
      frame({ opcode: CONTINUATION, reserved: 4, payload: hex("c9c90700") }),
    ]),
    code: 1002,
    options,
    offer,
  },
  {
    name: "RSV1 in a ping is refused",
    input: frame({ opcode: PING, reserved: 4 }),
    code: 1002,
    options,
    offer,
  },
  ...[2, 1, 6, 5].map((reserved) => ({
    name: `reserved bits ${reserved} are refused also with compression`,
    input: frame({ opcode: TEXT, reserved, payload: hex("f248cdc9c90700") }),
    code: 1002,
    options,
    offer,
  })),
  {
    name: "RSV1 is refused if the server does not compress",
    input: frame({ opcode: TEXT, reserved: 4, payload: hex("f248cdc9c90700") }),
    code: 1002,
    offer,
  },
  {
    name: "a payload that is not deflate is refused",
    input: frame({ opcode: TEXT, reserved: 4, payload: hex("ffffffffff") }),
    code: 1007,
    options,
    offer,
  },
  {
    name: "a distance beyond the start is refused",
    input: frame({ opcode: TEXT, reserved: 4, payload: hex("f200110000") }),
    code: 1007,
    options,
    offer,
  },
  {
    name: "a distance into the previous message is refused if the client gave up its context",
    input: joined([
      frame({ opcode: TEXT, reserved: 4, payload: hex("f248cdc9c90700") }),
      frame({ opcode: TEXT, reserved: 4, payload: hex("f200110000") }),
    ]),
    replies: [textReply("Hello")],
    code: 1007,
    options,
    offer: "permessage-deflate; client_no_context_takeover",
  },
  {
    name: "a compressed text that is not UTF-8 is refused",
    input: frame({ opcode: TEXT, reserved: 4, payload: deflated(hex("61c0af61")) }),
    code: 1007,
    options,
    offer,
  },
  {
    name: "a compressed text that ends within a character is refused",
    input: frame({ opcode: TEXT, reserved: 4, payload: deflated(hex("61e282")) }),
    code: 1007,
    options,
    offer,
  },
  {
    name: "a message that inflates to maxInflatedSize is accepted",
    input: compressed("a".repeat(1000)),
    replies: [textReply("a".repeat(1000))],
    options: { compression: { maxInflatedSize: 1000 } },
    offer,
  },
  {
    name: "a message that inflates to more than maxInflatedSize is refused",
    input: compressed("a".repeat(1001)),
    code: 1009,
    options: { compression: { maxInflatedSize: 1000 } },
    offer,
  },
  {
    name: "a message that inflates to more than maxMessageSize is refused by default",
    input: compressed("a".repeat(1001)),
    code: 1009,
    options: { compression: {}, maxMessageSize: 1000 },
    offer,
  },
  {
    name: "a bomb of 64 MiB in 64 KiB is refused",
    input: compressed(new Uint8Array(64 * 1024 * 1024)),
    code: 1009,
    options,
    offer,
    large: true,
  },
  {
    name: "messages that inflate to many times their size are accepted up to a MiB",
    input: joined([1, 2].map(() => compressed("a".repeat(512 * 1024)))),
    replies: [1, 2].map(() => textReply("a".repeat(512 * 1024))),
    options: { compression: { threshold: 2 ** 30 } },
    offer,
    large: true,
  },
  {
    name: "messages that inflate to many times their size are refused beyond a MiB",
    input: joined([
      compressed("a".repeat(512 * 1024)),
      compressed(new Uint8Array(512 * 1024 + 1_024)),
      compressed("a".repeat(512 * 1024)),
    ]),
    replies: [
      textReply("a".repeat(512 * 1024)),
      binaryReply(new Uint8Array(512 * 1024 + 1_024)),
    ],
    code: 1009,
    options: { compression: { threshold: 2 ** 30 } },
    offer,
    large: true,
  },
  {
    name: "messages that inflate to many times their size are accepted up to maxInflationRatio",
    input: joined([1, 2, 3].map(() => compressed("a".repeat(512 * 1024)))),
    replies: [1, 2, 3].map(() => textReply("a".repeat(512 * 1024))),
    options: { compression: { threshold: 2 ** 30, maxInflationRatio: 1032 } },
    offer,
    large: true,
  },
  {
    name: "a bomb in one-byte fragments is refused",
    input: compressedFragments(new Uint8Array(1024 * 1024), 1),
    code: 1009,
    options: { compression: {}, maxMessageSize: 100_000 },
    offer,
    large: true,
  },
];
