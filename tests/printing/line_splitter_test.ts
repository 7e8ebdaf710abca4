import { assertEquals } from "@std/assert";
import { LineSplitter } from "../../src/line_splitter.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The output of a splitter for the pieces, to its end. */
function split(pieces: string[], limit?: number): string[] {
  const splitter = new LineSplitter(undefined, limit);
  const lines = pieces.map((piece) => splitter.push(encoder.encode(piece)));
  return [...lines, splitter.end()].map((line) => decoder.decode(line));
}

Deno.test("LineSplitter returns complete lines and keeps the rest", () => {
  assertEquals(split(["one\ntw", "o", "\nthree\n", "last"]), [
    "one\n",
    "",
    "two\nthree\n",
    "",
    "last\n",
  ]);
});

Deno.test("LineSplitter splits a line over its limit into marked pieces", () => {
  const mark = " [line too long: continued]\n";
  assertEquals(split(["0123456789\nab\n"], 4).join(""), `0123${mark}4567${mark}89\nab\n`);
  assertEquals(split(["0123\n"], 4).join(""), "0123\n");
});

Deno.test("LineSplitter can continue with the rest of another one", () => {
  const first = new LineSplitter();
  first.push(encoder.encode("one\ntw"));
  const second = new LineSplitter(first.rest);
  assertEquals(decoder.decode(second.push(encoder.encode("o\n"))), "two\n");
});

Deno.test("LineSplitter returns the same lines however the bytes are cut", () => {
  const text = "a\n\nbcdef\nghijklmnopq\nä€𝄞\nno end";
  const bytes = encoder.encode(text);
  for (const limit of [1, 3, 5, 100]) {
    const expected = split([text], limit).join("");
    for (let first = 0; first <= bytes.length; first++) {
      for (let second = first; second <= bytes.length; second++) {
        const splitter = new LineSplitter(undefined, limit);
        const parts = [[0, first], [first, second], [second, bytes.length]];
        const out = parts.map(([from, to]) => [...splitter.push(bytes.subarray(from, to))]);
        const whole = Uint8Array.from([...out.flat(), ...splitter.end()]);
        assertEquals(decoder.decode(whole), expected);
      }
    }
  }
});
