import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  MAX_READ_SIZE,
  MIN_READ_SIZE,
  nextReadSize,
} from "../../src/runtime/shared/read_buffer.ts";

/** Reads `count` bursts of `burst` bytes; returns how many reads the last one took. */
function readBursts(burst: number, count: number): number {
  let size = MIN_READ_SIZE;
  let previous = 0;
  let reads = 0;
  for (let index = 0; index < count; index++) {
    reads = 0;
    for (let left = burst; left > 0; reads++) {
      const count = Math.min(left, size);
      size = nextReadSize(size, count, previous);
      previous = count;
      left -= count;
    }
  }
  return reads;
}

Deno.test("bursts of the same size are soon received in one read", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: MAX_READ_SIZE }), (burst) => {
    assertEquals(readBursts(burst, 20), 1);
  }));
});

Deno.test("a connection that receives little after much waits with a small buffer again", () => {
  let size = MAX_READ_SIZE;
  for (let read = 0; read < 10; read++) size = nextReadSize(size, 10, 10);
  assertEquals(size, MIN_READ_SIZE);
});
