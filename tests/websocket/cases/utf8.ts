/** RFC 6455 section 8.1: text is UTF-8, checked as it streams in. */

import {
  bytesOf,
  CONTINUATION,
  fragments,
  frame,
  hex,
  joined,
  PING,
  TEXT,
  text,
  textOf,
} from "../frames.ts";
import { type Case, pongReply, someText, textReply } from "./case.ts";

/** Well-formed: the ends of every range of RFC 3629, including non-characters. */
const VALID = [
  "48656c6c6f2dc2b540c39fc3b6c3a4c3bcc3a0c3a12d5554462d382121",
  "00",
  "7f",
  "c280",
  "dfbf",
  "e0a080",
  "ed9fbf",
  "ee8080",
  "efbfbd",
  "efbfbe",
  "efbfbf",
  "f0908080",
  "f48fbfbf",
  "efb790",
  "f09fbfbe",
  "cebae1bdb9cf83cebcceb5",
  "efbbbf61",
  "f09f9880f09f9880",
  "efbfb9efbfbaefbfbbefbfbcefbfbd",
  // The last two of every plane are non-characters, and well-formed.
  ...Array.from({ length: 16 }, (_, index) => {
    const plane = (index + 1) * 0x10000;
    return bytesOf(String.fromCodePoint(plane + 0xfffe, plane + 0xffff)).toHex();
  }),
];

/** Not well-formed: overlong, surrogates, over U+10FFFF, stray and missing continuations. */
const INVALID = [
  "8080",
  "c0",
  "c080",
  "c0af",
  "c1bf",
  "c2",
  "c27f",
  "c2c0",
  "df",
  "e0",
  "e080af",
  "e08080",
  "e09fbf",
  "e0a0",
  "e0a020",
  "e282",
  "eda080",
  "edadbf",
  "edae80",
  "edafbf",
  "edb080",
  "edbfbf",
  "eda080edb080",
  "efbf",
  "f0",
  "f0808080",
  "f08fbfbf",
  "f09080",
  "f0908020",
  "f4908080",
  "f5808080",
  "f888808080",
  "fc8480808080",
  "fe",
  "ff",
  "feff",
  "fefeffff",
  // Five and six bytes, which were once UTF-8.
  "f8808080af",
  "f887bfbfbf",
  "fbbfbfbfbf",
  "fc80808080af",
  "fc83bfbfbfbf",
  "fdbfbfbfbfbf",
  "f7bfbfbf",
  // Without their last byte.
  "f7bfbf",
  "f8808080",
  "fbbfbfbf",
  "fc80808080",
  "fdbfbfbfbf",
  "c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf",
  // Surrogates in pairs.
  "eda080edbfbf",
  "edadbfedb080",
  "edadbfedbfbf",
  "edae80edb080",
  "edae80edbfbf",
  "edafbfedb080",
  "edafbfedbfbf",
  "edbe80",
  // Continuations alone, and each first byte before a space.
  "80bf",
  "80bf80bf80bf80",
  ...["80", "8f", "90", "9f", "a0", "bf"],
  ...Array.from({ length: 62 }, (_, index) => `${(0xc0 + index).toString(16)}20`),
  "cebae1bdb9cf83cebcceb5eda080656469746564",
  "cebae1bdb9cf83cebcceb5f4908080656469746564",
];

const valid: Case[] = VALID.flatMap((digits) => {
  const bytes = hex(digits);
  return [
    {
      name: `${digits} is valid`,
      input: text(bytes),
      replies: [textReply(textOf(bytes))],
    },
    {
      name: `${digits} is valid in fragments of one byte`,
      input: fragments(TEXT, Array.from(bytes, (byte) => Uint8Array.of(byte))),
      replies: [textReply(textOf(bytes))],
    },
  ];
});

const invalid: Case[] = INVALID.flatMap((digits) => {
  const bytes = hex(digits);
  return [
    { name: `${digits} is invalid`, input: text(bytes), code: 1007 },
    {
      name: `${digits} is invalid in fragments of one byte`,
      input: fragments(TEXT, Array.from(bytes, (byte) => Uint8Array.of(byte))),
      code: 1007,
    },
    {
      name: `${digits} is invalid after 300 bytes of ASCII`,
      input: text(joined([hex("61".repeat(300)), bytes])),
      code: 1007,
    },
  ];
});

/** Completes a character whose first bytes are given. */
const COMPLETIONS = ["", "80", "8080", "808080", "a080", "908080"];

/** Tells whether any continuation of `bytes` is UTF-8. */
function isStart(bytes: Uint8Array): boolean {
  return COMPLETIONS.some((digits) => {
    try {
      textOf(joined([bytes, hex(digits)]));
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Fails at the byte that makes it invalid, and not earlier: the rest of the frame is never sent.
 */
const failFast: Case[] = INVALID.flatMap((digits) => {
  const bytes = hex(digits);
  const valid = bytes.findIndex((_, index) => !isStart(bytes.subarray(0, index + 1)));
  if (valid < 0) return [];
  const start = { opcode: TEXT, fin: false, payload: bytes.subarray(0, valid) };
  const alive = frame({ opcode: PING, payload: "still there" });
  const rest = { opcode: CONTINUATION, payload: bytes.subarray(valid, valid + 1) };
  return [
    {
      name: `${digits} makes a frame invalid at its byte ${valid}`,
      input: frame({ opcode: TEXT, payload: bytes.subarray(0, valid + 1), claimedLength: 1000n }),
      code: 1007,
    },
    {
      name: `${digits} makes a fragmented text invalid at its byte ${valid}`,
      input: joined([frame(start), alive, frame({ ...rest, claimedLength: 1000n })]),
      replies: [pongReply("still there")],
      code: 1007,
    },
  ];
});

/** Cases by section. */
export const utf8: Case[] = [
  ...valid,
  ...invalid,
  ...failFast,
  {
    name: "a character split between two fragments is valid",
    input: fragments(TEXT, [hex("61e2"), hex("82"), hex("ac62")]),
    replies: [textReply("a€b")],
  },
  {
    name: "invalid UTF-8 at the start of a fragmented text is refused before the rest arrives",
    input: frame({ opcode: TEXT, fin: false, payload: hex("cebae1bdb9f4908080") }),
    code: 1007,
  },
  {
    name: "invalid UTF-8 at the start of a frame is refused before the rest arrives",
    input: frame({ opcode: TEXT, payload: hex("cebaeda0"), claimedLength: 1000n }),
    code: 1007,
  },
  {
    name: "a text that ends within a character is refused at its last fragment",
    input: joined([
      frame({ opcode: TEXT, fin: false, payload: hex("61e2") }),
      frame({ opcode: CONTINUATION, payload: hex("82") }),
    ]),
    code: 1007,
  },
  {
    name: "a new text does not continue the incomplete character of the previous one",
    input: joined([text("a"), text(hex("82ac"))]),
    replies: [textReply("a")],
    code: 1007,
  },
  {
    name: "a byte order mark is kept",
    input: text("\ufeffhello"),
    replies: [textReply("\ufeffhello")],
  },
  {
    name: "binary messages are not validated",
    input: frame({ opcode: 2, payload: hex("c080ff") }),
    replies: ["binary c080ff"],
  },
  {
    name: "a long text with all kinds of characters is echoed",
    input: text("aé€😀".repeat(5000)),
    replies: [textReply("aé€😀".repeat(5000))],
    large: true,
  },
  {
    name: "a long text that is invalid in its last byte is refused",
    input: text(joined([hex("61".repeat(70_000)), hex("ff")])),
    code: 1007,
    large: true,
  },
  {
    name: "a long text in long fragments is echoed",
    input: fragments(TEXT, [someText(70_000), "é".repeat(40_000), someText(3)]),
    replies: [textReply(someText(70_000) + "é".repeat(40_000) + someText(3))],
    large: true,
  },
];
