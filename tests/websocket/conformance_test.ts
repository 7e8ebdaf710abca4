/** Every case of tests/websocket/cases, in memory, cut in every way. */

import { assertEquals, assertInstanceOf } from "@std/assert";
import { WebSocketError } from "../../protocols/websocket/close.ts";
import { type Case, described, expected } from "./cases/case.ts";
import { sections } from "./cases/mod.ts";
import { Harness } from "./harness.ts";
import { InflatingPeer } from "./inflating_peer.ts";

/** What the server has sent, as descriptions. Compressed payloads are inflated by another zlib. */
function repliesOf(harness: Harness, { offer }: Case): string[] {
  const peer = new InflatingPeer(offer);
  return harness.sent().map((frame) => described(frame, peer.payloadOf(frame)));
}

/** Runs a case with its bytes in chunks of one size, and checks the replies. */
function run(test: Case, chunk: number): void {
  const harness = new Harness({ ...test.options, offer: test.offer }).receive(test.input, chunk);
  assertEquals(repliesOf(harness, test), expected(test), `by ${chunk}`);
  assertEquals(harness.ended, test.code !== undefined, `by ${chunk}`);
  if (harness.error !== undefined) assertInstanceOf(harness.error, WebSocketError);
}

/** The chunk sizes for a case, depending on its length. */
function chunkSizes({ input, piece, large }: Case): number[] {
  if (piece !== undefined) return [piece];
  if (large) return [input.length, 65536, 4099];
  return [input.length, 1, 2, 3, 4, 5, 6, 7, 11, 13, 64, 129];
}

for (const [section, cases] of Object.entries(sections)) {
  for (const test of cases) {
    Deno.test(`${section}: ${test.name}`, () => {
      for (const chunk of chunkSizes(test)) run(test, chunk);
    });
  }
}

Deno.test("every case of at most 60 bytes has the same result when cut in two at any byte", () => {
  for (const test of Object.values(sections).flat()) {
    if (test.input.length > 60) continue;
    for (let cut = 1; cut < test.input.length; cut++) {
      const harness = new Harness({ ...test.options, offer: test.offer })
        .receive(test.input.subarray(0, cut));
      if (!harness.ended) harness.receive(test.input.subarray(cut));
      assertEquals(repliesOf(harness, test), expected(test), `${test.name}, cut at ${cut}`);
    }
  }
});
