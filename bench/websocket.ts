/**
 * WebSocket: the CPU cost of echoing a text message of 64 bytes, on each runtime, compared with
 * npm's ws and the runtime's own server; with 100 connections, one message in flight on each, then
 * 32.
 *
 * Run it with `deno run -A bench/websocket.ts [seconds] [rounds]`. `bench/README.md` has the
 * results.
 *
 * @module
 */

import { type Runtime, RUNTIMES } from "../tests/helpers/runtimes.ts";
import { type Candidate, compare, type Load } from "./helpers/compare.ts";
import { printMeasured } from "./helpers/table.ts";
import { websocketCandidates } from "./helpers/websocket_candidates.ts";
import { websocketLoad } from "./helpers/websocket_load.ts";

const [seconds = 2, rounds = 5] = Deno.args.map(Number);

/** The servers of one runtime. Goer is first, and the others are relative to it. */
function candidates(runtime: Runtime, depth: number): Candidate[] {
  const list = websocketCandidates(runtime);
  // The bare loop accepts only whole frames.
  if (runtime.name !== "deno" || depth > 1) return list;
  return [...list, {
    name: "bare Deno.listen",
    runtime,
    app: "bench/servers/websocket_bare_deno.ts",
  }];
}

/** 100 connections with `depth` messages in flight on each. */
function load(depth: number): Load {
  return ({ hostname, port }) => {
    return websocketLoad(
      { hostname, port: Number(port) },
      { seconds, connections: 100, depth, size: 64 },
    );
  };
}

for (const runtime of RUNTIMES) {
  for (const depth of [1, 32]) {
    console.log(`\n${runtime.name}, ${depth} in flight`);
    printMeasured("message", await compare(candidates(runtime, depth), load(depth), { rounds }));
  }
}
