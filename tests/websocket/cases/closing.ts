/** RFC 6455 sections 5.5.1 and 7: the close frame, and what may follow it; 10.4: limits. */

import { BINARY, CLOSE, close, CONTINUATION, fragments, frame, hex, joined } from "../frames.ts";
import { PING, TEXT, text } from "../frames.ts";
import { binaryReply, type Case, someBytes, someText, textReply } from "./case.ts";

const VALID_CODES = [
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014],
  ...[3000, 3999, 4000, 4999],
];
const INVALID_CODES = [
  ...[0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535],
];

/** Cases by section. */
export const closing: Case[] = [
  ...VALID_CODES.map((code) => ({
    name: `a close frame with ${code} is answered with ${code}`,
    input: close(code, "reason"),
    code,
  })),
  ...INVALID_CODES.map((code) => ({
    name: `a close frame with ${code} is refused`,
    input: close(code),
    code: 1002,
  })),
  {
    name: "a close frame with only a code is answered with it",
    input: close(1000),
    code: 1000,
  },
  { name: "a close frame without a code is answered with one", input: close(), code: 1005 },
  {
    name: "a close frame with half a code is refused",
    input: frame({ opcode: CLOSE, payload: hex("03") }),
    code: 1002,
  },
  {
    name: "a reason of 123 bytes is accepted",
    input: close(1000, "x".repeat(123)),
    code: 1000,
  },
  {
    name: "a reason of 124 bytes is refused",
    input: close(1000, "x".repeat(124)),
    code: 1002,
  },
  {
    name: "a reason that is not UTF-8 is refused",
    input: close(1000, hex("cebae1bdb9eda080")),
    code: 1007,
  },
  {
    name: "a reason that ends within a character is refused",
    input: close(1000, hex("e282")),
    code: 1007,
  },
  {
    name: "frames after a close frame are not answered",
    input: joined([text("before"), close(1000), text("after"), frame({ opcode: PING })]),
    replies: [textReply("before")],
    code: 1000,
  },
  {
    name: "a message of 256 KiB before a close frame is echoed completely before the answer",
    input: joined([text(someText(262_144)), close(1000), frame({ opcode: PING })]),
    replies: [textReply(someText(262_144))],
    code: 1000,
    large: true,
  },
  {
    name: "garbage after a close frame is ignored",
    input: joined([close(1000), hex("ffffffffffffffffffff")]),
    code: 1000,
  },
  {
    name: "a second close frame is not answered",
    input: joined([close(1000), close(1001)]),
    code: 1000,
  },
];

const small = { maxMessageSize: 100 };

/** Limits: at each, and one over it. */
export const limits: Case[] = [
  {
    name: "a message of maxMessageSize is accepted",
    input: text(someText(100)),
    replies: [textReply(someText(100))],
    options: small,
  },
  {
    name: "a message over maxMessageSize is refused at its header",
    input: frame({ opcode: TEXT, claimedLength: 101n }),
    code: 1009,
    options: small,
  },
  {
    name: "fragments of maxMessageSize together are accepted",
    input: fragments(BINARY, [someBytes(60), someBytes(40), ""]),
    replies: [binaryReply(joined([someBytes(60), someBytes(40)]))],
    options: small,
  },
  {
    name: "fragments over maxMessageSize together are refused at the header of the last one",
    input: joined([
      frame({ opcode: BINARY, fin: false, payload: someBytes(60) }),
      frame({ opcode: CONTINUATION, fin: false, claimedLength: 41n }),
    ]),
    code: 1009,
    options: small,
  },
  {
    name: "the limit applies to each message separately",
    input: joined([text(someText(100)), fragments(TEXT, [someText(50), someText(50)])]),
    replies: [textReply(someText(100)), textReply(someText(50) + someText(50))],
    options: small,
  },
  {
    name: "a message over the default of 10 MiB is refused at its header",
    input: frame({ opcode: BINARY, claimedLength: 10n * 1024n * 1024n + 1n }),
    code: 1009,
  },
];
