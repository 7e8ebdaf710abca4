import { assertEquals } from "@std/assert";
import { BoundedWriter } from "../../src/bounded_writer.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A writer whose reader takes a chunk when `take` is called. */
function heldBack(limit = 100, chunkSize = 20) {
  const chunks: string[] = [];
  let done: ((ok: boolean) => void) | undefined;
  const writer = new BoundedWriter({
    limit,
    chunkSize,
    report: (lost) => `lost ${lost}\n`,
    send(chunk, taken) {
      chunks.push(decoder.decode(chunk));
      done = taken;
    },
  });
  return {
    chunks,
    writer,
    write: (text: string) => writer.write(encoder.encode(text)),
    take(ok = true) {
      const taken = done;
      done = undefined;
      taken?.(ok);
      return taken !== undefined;
    },
  };
}

Deno.test("BoundedWriter writes one chunk of whole lines at a time", () => {
  const held = heldBack();
  for (const line of ["one\n", "two\n", "three\n", "four, a long one\n"]) held.write(line);
  assertEquals(held.chunks, ["one\n"]);
  while (held.take());
  assertEquals(held.chunks, ["one\n", "two\nthree\n", "four, a long one\n"]);
});

Deno.test("BoundedWriter splits a line that is longer than a chunk", () => {
  const held = heldBack();
  held.write("0123456789012345678901234\n");
  while (held.take());
  assertEquals(held.chunks, ["01234567890123456789", "01234\n"]);
});

Deno.test("BoundedWriter counts the lines that do not fit, and reports them when there is room", () => {
  const held = heldBack();
  for (let line = 10; line < 40; line++) held.write(`line ${line}\n`);
  while (held.take());
  held.write("after\n");
  while (held.take());
  const lines = held.chunks.join("").split("\n");
  const written = Array.from({ length: 13 }, (_, index) => `line ${index + 10}`);
  assertEquals(lines, [...written, "lost 17", "after", ""]);
  assertEquals(held.writer.lost, 0);
});

Deno.test("BoundedWriter reports lost lines even if no further line follows", () => {
  const held = heldBack(10);
  for (let line = 0; line < 5; line++) held.write(`line ${line}\n`);
  while (held.take());
  assertEquals(held.chunks.join(""), "line 0\nline 1\nlost 3\n");
});

Deno.test("BoundedWriter counts what could not be written, and reports it when it can", () => {
  const held = heldBack();
  held.write("one\ntwo\n");
  held.take(false);
  assertEquals(held.writer.lost, 2);
  held.write("three\n");
  while (held.take());
  assertEquals(held.chunks, ["one\ntwo\n", "lost 2\nthree\n"]);
});

Deno.test("BoundedWriter accepts a line over its limit if nothing is queued", () => {
  const held = heldBack(10);
  held.write("longer than ten\n");
  while (held.take());
  assertEquals(held.chunks.join(""), "longer than ten\n");
});

Deno.test("BoundedWriter says what it has not accepted", async () => {
  const held = heldBack();
  held.write("one\n");
  held.write("two\n");
  assertEquals(decoder.decode(held.writer.unsent), "one\ntwo\n");
  while (held.take());
  assertEquals(held.writer.unsent.length, 0);
  await held.writer.idle;
});

Deno.test("BoundedWriter writes nothing while it is held", () => {
  const held = heldBack();
  held.writer.hold();
  held.write("one\n");
  assertEquals(held.chunks, []);
  held.writer.release();
  assertEquals(held.chunks, ["one\n"]);
});

Deno.test("BoundedWriter drops queued data on request and counts it", () => {
  const held = heldBack();
  for (const line of ["one\n", "two\n", "three\n"]) held.write(line);
  held.writer.discard();
  assertEquals(held.writer.lost, 2);
  while (held.take());
  assertEquals(held.chunks, ["one\n", "lost 2\n"]);
});

Deno.test("BoundedWriter writes everything in order if chunks are written immediately", () => {
  const chunks: string[] = [];
  const writer = new BoundedWriter({
    limit: 1000,
    chunkSize: 10,
    report: (lost) => `lost ${lost}\n`,
    send(chunk, done) {
      chunks.push(decoder.decode(chunk));
      done(true);
    },
  });
  const text = Array.from({ length: 100 }, (_, line) => `${line}\n`).join("");
  writer.write(encoder.encode(text));
  assertEquals(chunks.join(""), text);
});
