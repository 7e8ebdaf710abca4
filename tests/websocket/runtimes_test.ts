/** Every case of tests/websocket/cases over real sockets, on each runtime. */

import { assertEquals } from "@std/assert";
import { testInTurn, testOnEach } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { shareOnEach } from "../helpers/shared.ts";
import { type Case, described, expected } from "./cases/case.ts";
import { sections } from "./cases/mod.ts";
import { portOf, RawClient } from "./client.ts";
import { close } from "./frames.ts";
import { InflatingPeer } from "./inflating_peer.ts";

/** How many connections run cases at the same time. */
const CONCURRENCY = 8;

/** Small inputs are also sent in pieces of these sizes, each in a separate write. */
const PIECES = [1, 3];

/** Sections with megabytes, which take most of the time. They run on one runtime in turn. */
const LARGE = ["sizes", "RFC 7692 permessage-deflate"];

/** The options that cases need, without duplicates. */
const OPTIONS = [...new Set(Object.values(sections).flat().map(optionsOf))];

function optionsOf({ options = {} }: Case): string {
  return JSON.stringify(options);
}

/** Sends a case's input and reads up to the end of the connection. */
async function replies(test: Case, port: number, piece: number): Promise<string[]> {
  const headers = { "Sec-WebSocket-Extensions": test.offer };
  using client = await RawClient.open(port, { headers });
  const peer = new InflatingPeer(test.offer);
  const wanted = expected(test).length;
  const writing = write(client, test.input, piece);
  const replies: string[] = [];
  for (let frame; (frame = await client.frame()) !== undefined;) {
    replies.push(described(frame, peer.payloadOf(frame)));
    if (test.code === undefined && replies.length === wanted) await client.write(close(1000));
  }
  await writing;
  return replies;
}

async function write(client: RawClient, input: Uint8Array, piece: number): Promise<void> {
  for (let at = 0; at < input.length; at += piece) {
    await client.write(input.subarray(at, at + piece));
  }
}

/** One app with a service for each of {@linkcode OPTIONS}. Gives their addresses. */
const testOnApp = shareOnEach(async (runtime, stack) => {
  const args = [`[${OPTIONS.join()}]`];
  const app = await serve<{ addresses: string[] }>(
    runtime,
    "tests/websocket/fixtures/echo.ts",
    { args },
  );
  return stack.use(app).ready.addresses;
});

for (const [section, cases] of Object.entries(sections)) {
  testOnApp(
    `every case of ${section} over a real socket`,
    async (addresses) => {
      const runs = cases.filter(({ replies, code }) => replies?.length || code !== undefined)
        .flatMap((test) => {
          const pieces = test.input.length <= 100 ? PIECES : [];
          return [test.piece ?? test.input.length, ...pieces].map((piece) => ({ test, piece }));
        });
      await Promise.all(Array.from({ length: CONCURRENCY }, async () => {
        for (let run; (run = runs.pop()) !== undefined;) {
          const { test, piece } = run;
          const port = portOf(addresses[OPTIONS.indexOf(optionsOf(test))]);
          const ending = test.code === undefined ? ["close 1000"] : [];
          const found = await replies(test, port, Math.max(1, piece));
          assertEquals(found, [...expected(test), ...ending], `${test.name}, by ${piece}`);
        }
      }));
    },
    undefined,
    LARGE.includes(section) ? testInTurn : testOnEach,
  );
}
