/** RFC 6455 section 5.5: pings, pongs, and control frames between fragments. */

import {
  BINARY,
  bytesOf,
  close,
  CONTINUATION,
  fragments,
  frame,
  hex,
  joined,
  PING,
  PONG,
  TEXT,
  text,
} from "../frames.ts";
import { type Case, pongReply, someBytes, textReply } from "./case.ts";

/** A ping. */
function ping(payload: Uint8Array | string = ""): Uint8Array {
  return frame({ opcode: PING, payload });
}

const pongs: Case[] = [0, 1, 4, 124, 125].map((length) => ({
  name: `a ping of ${length} bytes is answered with the same bytes`,
  input: ping(someBytes(length)),
  replies: [pongReply(someBytes(length))],
}));

const tooLong: Case[] = [PING, PONG, 8].flatMap((opcode) => [
  {
    name: `a control frame of opcode ${opcode} with 126 bytes is refused`,
    input: frame({ opcode, payload: someBytes(126) }),
    code: 1002,
  },
  {
    name: `a control frame of opcode ${opcode} with 65,536 bytes is refused at its header`,
    input: frame({ opcode, claimedLength: 65536n }),
    code: 1002,
  },
  {
    name: `a fragmented control frame of opcode ${opcode} is refused`,
    input: joined([
      frame({ opcode, fin: false, payload: "a" }),
      frame({ opcode: CONTINUATION, payload: "b" }),
    ]),
    code: 1002,
  },
]);

/** Cases by section. */
export const control: Case[] = [
  ...pongs,
  ...tooLong,
  {
    name: "a ping that is not UTF-8 is answered with the same bytes",
    input: ping(hex("00fffefdfcfb00ff")),
    replies: [pongReply(hex("00fffefdfcfb00ff"))],
  },
  {
    name: "unsolicited pongs are ignored",
    input: joined([frame({ opcode: PONG }), frame({ opcode: PONG, payload: "x" }), text("then")]),
    replies: [textReply("then")],
  },
  {
    name: "a pong before a ping has no effect",
    input: joined([frame({ opcode: PONG, payload: "x" }), ping("y")]),
    replies: [pongReply("y")],
  },
  {
    name: "ten pings are answered in order",
    input: joined(Array.from({ length: 10 }, (_, index) => ping(`${index}`))),
    replies: Array.from({ length: 10 }, (_, index) => pongReply(`${index}`)),
  },
  {
    name: "a ping between fragments is answered immediately and is not part of the message",
    input: joined([
      frame({ opcode: TEXT, fin: false, payload: "AAA" }),
      ping("PING"),
      frame({ opcode: CONTINUATION, payload: "BBB" }),
    ]),
    replies: [pongReply("PING"), textReply("AAABBB")],
  },
  {
    name: "a pong between fragments is not part of the message",
    input: joined([
      frame({ opcode: TEXT, fin: false, payload: "AAA" }),
      frame({ opcode: PONG, payload: "PONG" }),
      frame({ opcode: CONTINUATION, payload: "BBB" }),
    ]),
    replies: [textReply("AAABBB")],
  },
  {
    name: "pings between all fragments are answered in order",
    input: joined([
      frame({ opcode: TEXT, fin: false, payload: "1" }),
      ping("a"),
      frame({ opcode: CONTINUATION, fin: false, payload: "2" }),
      ping("b"),
      frame({ opcode: CONTINUATION, payload: "3" }),
      ping("c"),
    ]),
    replies: [pongReply("a"), pongReply("b"), textReply("123"), pongReply("c")],
  },
  {
    name: "a close frame between fragments closes the connection",
    input: joined([
      frame({ opcode: TEXT, fin: false, payload: "AAA" }),
      close(1000),
      frame({ opcode: CONTINUATION, payload: "BBB" }),
    ]),
    code: 1000,
  },
  {
    name: "a control frame's mask does not affect the surrounding message",
    input: joined([
      frame({ opcode: BINARY, fin: false, payload: "12345", mask: [1, 2, 3, 4] }),
      frame({ opcode: PING, payload: "x", mask: [9, 8, 7, 6] }),
      frame({ opcode: CONTINUATION, payload: bytesOf("67890"), mask: [5, 6, 7, 8] }),
      text("end"),
    ]),
    replies: [pongReply("x"), `binary ${bytesOf("1234567890").toHex()}`, textReply("end")],
  },
  {
    name: "every ping of a flood is answered",
    input: joined(Array.from({ length: 2000 }, () => ping("flood"))),
    replies: Array.from({ length: 2000 }, () => pongReply("flood")),
    large: true,
  },
  {
    name: "a flood of pings within a message is answered, then the message",
    input: fragmentsWithPings(500),
    replies: [...Array.from({ length: 500 }, () => pongReply("p")), textReply("x".repeat(501))],
    large: true,
  },
];

/** A message of one-byte fragments with a ping after each but the last. */
function fragmentsWithPings(count: number): Uint8Array {
  const parts = [frame({ opcode: TEXT, fin: false, payload: "x" })];
  for (let index = 1; index <= count; index++) {
    parts.push(frame({ opcode: PING, payload: "p" }));
    parts.push(frame({ opcode: CONTINUATION, fin: index === count, payload: "x" }));
  }
  return joined(parts);
}

/** RFC 6455 section 5.4: fragmentation. */
export const fragmentation: Case[] = [
  {
    name: "a text in two fragments is echoed as one",
    input: fragments(TEXT, ["fragment1", "fragment2"]),
    replies: [textReply("fragment1fragment2")],
  },
  {
    name: "a text of one-byte fragments is echoed as one",
    input: fragments(TEXT, [..."a text of many fragments"]),
    replies: [textReply("a text of many fragments")],
  },
  {
    name: "a binary message of fragments is echoed as one",
    input: fragments(BINARY, [hex("00ff"), hex("80"), hex("7f00")]),
    replies: ["binary 00ff807f00"],
  },
  {
    name: "empty fragments are allowed everywhere",
    input: fragments(TEXT, ["", "a", "", "", "b", ""]),
    replies: [textReply("ab")],
  },
  {
    name: "a message of only empty fragments is an empty message",
    input: fragments(TEXT, ["", "", ""]),
    replies: [textReply("")],
  },
  {
    name: "a flood of empty fragments uses no memory and ends with the message",
    input: fragments(BINARY, Array.from({ length: 5000 }, () => "")),
    replies: ["binary "],
    large: true,
  },
  {
    name: "a continuation without a start is refused",
    input: frame({ opcode: CONTINUATION, payload: "x" }),
    code: 1002,
  },
  {
    name: "an unfinished continuation without a start is refused",
    input: frame({ opcode: CONTINUATION, fin: false, payload: "x" }),
    code: 1002,
  },
  {
    name: "a continuation after a whole message is refused",
    input: joined([text("whole"), frame({ opcode: CONTINUATION, payload: "x" })]),
    replies: [textReply("whole")],
    code: 1002,
  },
  {
    name: "a continuation after a finished message is refused",
    input: joined([fragments(TEXT, ["a", "b"]), frame({ opcode: CONTINUATION, payload: "c" })]),
    replies: [textReply("ab")],
    code: 1002,
  },
  {
    name: "a message after a continuation without a start is not answered",
    input: joined([frame({ opcode: CONTINUATION, fin: false, payload: "x" }), text("after")]),
    code: 1002,
  },
  {
    name: "a text frame within a fragmented text is refused",
    input: joined([frame({ opcode: TEXT, fin: false, payload: "a" }), text("b")]),
    code: 1002,
  },
  {
    name: "a binary frame within a fragmented text is refused",
    input: joined([
      frame({ opcode: TEXT, fin: false, payload: "a" }),
      frame({ opcode: BINARY, payload: "b" }),
    ]),
    code: 1002,
  },
  {
    name: "the start of a fragmented message within another one is refused",
    input: joined([
      frame({ opcode: TEXT, fin: false, payload: "a" }),
      frame({ opcode: TEXT, fin: false, payload: "b" }),
    ]),
    code: 1002,
  },
  {
    name: "two fragmented messages in sequence are echoed separately",
    input: joined([fragments(TEXT, ["a", "b"]), fragments(BINARY, ["c", "d"])]),
    replies: [textReply("ab"), `binary ${bytesOf("cd").toHex()}`],
  },
];
