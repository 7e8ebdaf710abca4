/** RFC 6455 section 5.2: lengths, masks, reserved bits, opcodes; 5.6: data frames. */

import { BINARY, bytesOf, CONTINUATION, frame, hex, joined, PING, TEXT, text } from "../frames.ts";
import { binaryReply, type Case, someBytes, someText, textReply } from "./case.ts";

/** Lengths at and around each change of the header. */
const LENGTHS = [0, 1, 2, 3, 4, 5, 7, 8, 41, 42, 124, 125, 126, 127, 128, 191, 192, 200, 1000];
const LARGE_LENGTHS = [65535, 65536, 65537, 131072];

const echoes: Case[] = [...LENGTHS, ...LARGE_LENGTHS].flatMap((length) => [
  {
    name: `a text of ${length} bytes is echoed`,
    input: text(someText(length)),
    replies: [textReply(someText(length))],
    large: length > 60_000,
  },
  {
    name: `a binary message of ${length} bytes is echoed`,
    input: frame({ opcode: BINARY, payload: someBytes(length) }),
    replies: [binaryReply(someBytes(length))],
    large: length > 60_000,
  },
]);

const opcodes: Case[] = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode) => [
  { name: `opcode ${opcode} is refused`, input: frame({ opcode }), code: 1002 },
  {
    name: `opcode ${opcode} with a payload is refused after earlier frames were answered`,
    input: joined([text("before"), frame({ opcode, payload: "x" }), text("after")]),
    replies: [textReply("before")],
    code: 1002,
  },
]);

const reserved: Case[] = [1, 2, 3, 4, 5, 6, 7].flatMap((bits) => [
  {
    name: `reserved bits ${bits} in a text are refused`,
    input: frame({ opcode: TEXT, reserved: bits, payload: "x" }),
    code: 1002,
  },
  {
    name:
      `reserved bits ${bits} in a binary message are refused after earlier frames were answered`,
    input: joined([
      text("before"),
      frame({ opcode: BINARY, reserved: bits, payload: "x" }),
      frame({ opcode: PING }),
    ]),
    replies: [textReply("before")],
    code: 1002,
  },
  {
    name: `reserved bits ${bits} in a ping are refused`,
    input: frame({ opcode: 9, reserved: bits, payload: "x" }),
    code: 1002,
  },
  {
    name: `reserved bits ${bits} in a pong are refused`,
    input: frame({ opcode: 10, reserved: bits }),
    code: 1002,
  },
  {
    name: `reserved bits ${bits} in a close frame are refused`,
    input: frame({ opcode: 8, reserved: bits }),
    code: 1002,
  },
  {
    name: `reserved bits ${bits} in a continuation are refused`,
    input: joined([
      frame({ opcode: TEXT, fin: false, payload: "x" }),
      frame({ opcode: CONTINUATION, reserved: bits, payload: "x" }),
    ]),
    code: 1002,
  },
]);

const lengths: Case[] = [
  { name: "a length of 125 in 2 bytes", payload: someText(125), bytes: 2 as const },
  { name: "a length of 0 in 2 bytes", payload: "", bytes: 2 as const },
  { name: "a length of 0 in 8 bytes", payload: "", bytes: 8 as const },
  { name: "a length of 125 in 8 bytes", payload: someText(125), bytes: 8 as const },
  { name: "a length of 126 in 8 bytes", payload: someText(126), bytes: 8 as const },
  { name: "a length of 65,535 in 8 bytes", payload: someText(65535), bytes: 8 as const },
].map(({ name, payload, bytes }) => ({
  name: `${name} is refused`,
  input: frame({ opcode: TEXT, payload, lengthBytes: bytes }),
  code: 1002,
  large: payload.length > 60_000,
}));

/** Cases by section. */
export const framing: Case[] = [
  ...echoes,
  ...opcodes,
  ...reserved,
  ...lengths,
  {
    name: "the masked text of section 5.7 is echoed unmasked",
    input: hex("8185 37fa213d 7f9f4d5158"),
    replies: [textReply("Hello")],
  },
  {
    name: "the fragmented text of section 5.7, masked, is echoed",
    input: joined([
      frame({ opcode: TEXT, fin: false, payload: "Hel" }),
      frame({ opcode: CONTINUATION, payload: "lo" }),
    ]),
    replies: [textReply("Hello")],
  },
  {
    name: "an unmasked text is refused",
    input: hex("8105 48656c6c6f"),
    code: 1002,
  },
  { name: "an unmasked ping is refused", input: hex("8900"), code: 1002 },
  { name: "an unmasked close frame is refused", input: hex("8802 03e8"), code: 1002 },
  {
    name: "a mask of zeros is accepted",
    input: frame({ opcode: TEXT, payload: "plain", mask: [0, 0, 0, 0] }),
    replies: [textReply("plain")],
  },
  {
    name: "a mask that turns bytes above ASCII into ASCII is removed before the text is checked",
    input: frame({ opcode: TEXT, payload: someText(300), mask: [0xff, 0x80, 0xc0, 0xfe] }),
    replies: [textReply(someText(300))],
  },
  {
    name: "a length with its highest bit set is refused",
    input: frame({ opcode: BINARY, claimedLength: 2n ** 63n }),
    code: 1002,
  },
  {
    name: "a length with all bits set is refused",
    input: frame({ opcode: BINARY, claimedLength: 2n ** 64n - 1n }),
    code: 1002,
  },
  {
    name: "a length over 2^53 is refused immediately as too large",
    input: frame({ opcode: BINARY, claimedLength: 2n ** 62n + 1n }),
    code: 1009,
  },
  {
    name: "garbage is refused",
    input: bytesOf("GET / HTTP/1.1\r\n\r\n"),
    code: 1002,
  },
  {
    name: "many messages in sequence are echoed in order",
    input: joined(Array.from({ length: 50 }, (_, index) => text(`${index}`.repeat(index)))),
    replies: Array.from({ length: 50 }, (_, index) => textReply(`${index}`.repeat(index))),
  },
  {
    name: "text stays text, and binary stays binary",
    input: joined([
      text("a"),
      frame({ opcode: BINARY, payload: "a" }),
      text("b"),
      frame({ opcode: BINARY, payload: hex("00ff") }),
    ]),
    replies: [
      textReply("a"),
      binaryReply(bytesOf("a")),
      textReply("b"),
      binaryReply(hex("00ff")),
    ],
  },
];
