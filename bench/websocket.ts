/**
 * WebSocket: what the echo of a text message of 64 bytes costs in server CPU, on each runtime, beside
 * npm's ws and the runtime's own server; on 100 connections, one message in flight on each, then 32.
 *
 * Run it with `deno run -A bench/websocket.ts [seconds] [rounds]`. The results that count are in
 * `bench/README.md`.
 *
 * @module
 */

import { bundled } from "../tests/helpers/bundled.ts";
import { type Runtime, RUNTIMES } from "../tests/helpers/runtimes.ts";
import { type Candidate, compare, type Load } from "./helpers/compare.ts";
import { printMeasured } from "./helpers/table.ts";
import { websocketLoad } from "./helpers/websocket_load.ts";

const [seconds = 2, rounds = 5] = Deno.args.map(Number);

/** The servers of one runtime, Goer first: the others are compared with it. */
function candidates(runtime: Runtime): Candidate[] {
  const list: Candidate[] = [
    { name: "Goer", runtime, app: "bench/servers/websocket_goer.ts" },
    { name: "ws", runtime: bundled(runtime), app: "bench/servers/websocket_ws.ts" },
  ];
  if (runtime.name === "deno") {
    list.push({ name: "Deno.upgradeWebSocket", runtime, app: "bench/servers/websocket_deno.ts" });
  }
  if (runtime.name === "bun") {
    list.push({ name: "Bun.serve", runtime, app: "bench/servers/websocket_bun.ts" });
  }
  return list;
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
    printMeasured("message", await compare(candidates(runtime), load(depth), { rounds }));
  }
}
