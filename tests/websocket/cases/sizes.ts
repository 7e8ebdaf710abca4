/**
 * Sizes up to 16 MiB: whole, in fragments and pieces of many sizes, and many messages in sequence.
 */

import { BINARY, fragments, frame, joined, TEXT, text } from "../frames.ts";
import { binaryReply, type Case, someBytes, someText, textReply } from "./case.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Cuts into pieces of `size`. */
function cut<Whole extends string | Uint8Array>(whole: Whole, size: number): Whole[] {
  return Array.from(
    { length: Math.ceil(whole.length / size) },
    (_, index) => whole.slice(index * size, (index + 1) * size) as Whole,
  );
}

/** In one frame. */
const whole: Case[] = [64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB].flatMap((size) => {
  const options = { maxMessageSize: 16 * MIB };
  const [content, payload] = [someText(size), someBytes(size)];
  return [
    {
      name: `a text of ${size / KIB} KiB is echoed`,
      input: text(content),
      replies: [textReply(content)],
      options,
      large: true,
    },
    {
      name: `a binary message of ${size / KIB} KiB is echoed`,
      input: frame({ opcode: BINARY, payload }),
      replies: [binaryReply(payload)],
      options,
      large: true,
    },
  ];
});

/** The sizes of fragments. */
const FRAGMENTS = [64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB];

/** In fragments. */
const fragmented: Case[] = FRAGMENTS.flatMap(
  (size) => {
    const [content, payload] = [someText(4 * MIB), someBytes(4 * MIB)];
    return [
      {
        name: `a text of 4 MiB in fragments of ${size} bytes is echoed`,
        input: fragments(TEXT, cut(content, size)),
        replies: [textReply(content)],
        large: true,
      },
      {
        name: `a binary message of 4 MiB in fragments of ${size} bytes is echoed`,
        input: fragments(BINARY, cut(payload, size)),
        replies: [binaryReply(payload)],
        large: true,
      },
    ];
  },
);

/** In one frame that arrives in pieces. */
const chopped: Case[] = [64, 128, 256, 512, KIB, 2 * KIB].flatMap((size) => {
  const [content, payload] = [someText(MIB), someBytes(MIB)];
  return [
    {
      name: `a text of 1 MiB that arrives in pieces of ${size} bytes is echoed`,
      input: text(content),
      replies: [textReply(content)],
      piece: size,
      large: true,
    },
    {
      name: `a binary message of 1 MiB that arrives in pieces of ${size} bytes is echoed`,
      input: frame({ opcode: BINARY, payload }),
      replies: [binaryReply(payload)],
      piece: size,
      large: true,
    },
  ];
});

/** Many in sequence. */
const many: Case[] = [0, 16, 64, 256, KIB, 4 * KIB, 16 * KIB].flatMap((size) => {
  const count = size > KIB ? 100 : 1000;
  const [content, payload] = [someText(size), someBytes(size)];
  return [
    {
      name: `${count} texts of ${size} bytes are echoed`,
      input: joined(Array(count).fill(text(content))),
      replies: Array(count).fill(textReply(content)),
      large: true,
    },
    {
      name: `${count} binary messages of ${size} bytes are echoed`,
      input: joined(Array(count).fill(frame({ opcode: BINARY, payload }))),
      replies: Array(count).fill(binaryReply(payload)),
      large: true,
    },
  ];
});

/** Cases by section. */
export const sizes: Case[] = [
  ...whole,
  ...fragmented,
  ...chopped,
  ...many,
  {
    name: "a text of 64 KiB in fragments of 1,300 bytes is echoed",
    input: fragments(TEXT, cut(someText(64 * KIB), 1300)),
    replies: [textReply(someText(64 * KIB))],
    large: true,
  },
  {
    name: "a text of 64 KiB that arrives in pieces of 997 bytes is echoed",
    input: text(someText(64 * KIB)),
    replies: [textReply(someText(64 * KIB))],
    piece: 997,
    large: true,
  },
];
