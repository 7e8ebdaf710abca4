/** RFC 6455 section 8.1: text is UTF-8, checked as it streams in. */

import { CONTINUATION, fragments, frame, hex, joined, TEXT, text, textOf } from "../frames.ts";
import { type Case, someText, textReply } from "./case.ts";

/** Well-formed: the ends of every range of RFC 3629, non-characters and all. */
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
];

/** Not well-formed: overlong, surrogates, past U+10FFFF, stray and missing continuations. */
const INVALID = [
  "80",
  "bf",
  "8080",
  "c0",
  "c080",
  "c0af",
  "c1bf",
  "c2",
  "c220",
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
  "edad bf",
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
  "f8888080 80",
  "fc8480808080",
  "fe",
  "ff",
  "feff",
  "cebae1bdb9cf83cebcceb5eda080656469746564",
  "cebae1bdb9cf83cebcceb5f4908080656469746564",
];

const valid: Case[] = VALID.flatMap((digits) => {
  const bytes = hex(digits);
  return [
    {
      name: `${digits} is text`,
      input: text(bytes),
      replies: [textReply(textOf(bytes))],
    },
    {
      name: `${digits} is text in fragments of one byte`,
      input: fragments(TEXT, Array.from(bytes, (byte) => Uint8Array.of(byte))),
      replies: [textReply(textOf(bytes))],
    },
  ];
});

const invalid: Case[] = INVALID.flatMap((digits) => {
  const bytes = hex(digits);
  return [
    { name: `${digits} is no text`, input: text(bytes), code: 1007 },
    {
      name: `${digits} is no text in fragments of one byte`,
      input: fragments(TEXT, Array.from(bytes, (byte) => Uint8Array.of(byte))),
      code: 1007,
    },
    {
      name: `${digits} is no text behind 300 bytes of ASCII`,
      input: text(joined([hex("61".repeat(300)), bytes])),
      code: 1007,
    },
  ];
});

/** Cases by section. */
export const utf8: Case[] = [
  ...valid,
  ...invalid,
  {
    name: "a character cut in the middle of a text, by fragments, is whole",
    input: fragments(TEXT, [hex("61e2"), hex("82"), hex("ac62")]),
    replies: [textReply("a€b")],
  },
  {
    name: "the invalid start of a fragmented text fails it before the rest is there",
    input: frame({ opcode: TEXT, fin: false, payload: hex("cebae1bdb9f4908080") }),
    code: 1007,
  },
  {
    name: "the invalid start of a frame fails it before the rest is there",
    input: frame({ opcode: TEXT, payload: hex("cebaeda0"), claimedLength: 1000n }),
    code: 1007,
  },
  {
    name: "a text that ends within a character fails at its last fragment",
    input: joined([
      frame({ opcode: TEXT, fin: false, payload: hex("61e2") }),
      frame({ opcode: CONTINUATION, payload: hex("82") }),
    ]),
    code: 1007,
  },
  {
    name: "a new text does not continue the character that the last one left",
    input: joined([text("a"), text(hex("82ac"))]),
    replies: [textReply("a")],
    code: 1007,
  },
  {
    name: "a byte order mark stays",
    input: text("\ufeffhello"),
    replies: [textReply("\ufeffhello")],
  },
  {
    name: "binary messages are not checked",
    input: frame({ opcode: 2, payload: hex("c080ff") }),
    replies: ["binary c080ff"],
  },
  {
    name: "a long text of all kinds of characters comes back",
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
    name: "a long text in long fragments comes back",
    input: fragments(TEXT, [someText(70_000), "é".repeat(40_000), someText(3)]),
    replies: [textReply(someText(70_000) + "é".repeat(40_000) + someText(3))],
    large: true,
  },
];
