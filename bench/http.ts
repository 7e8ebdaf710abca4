/**
 * The CPU cost of responding with "hello" on each runtime, compared with Goer's own raw TCP, the
 * runtime's own server and `node:http`; with 100 keep-alive connections, then 25 with 16 requests
 * each in flight.
 *
 * Run it with `deno run -A bench/http.ts [seconds] [rounds] [runtime]`; it needs wrk. The results that count
 * are in `bench/README.md`.
 *
 * @module
 */

import { type Runtime, RUNTIMES } from "../tests/helpers/runtimes.ts";
import { type Candidate, compare, type Load } from "./helpers/compare.ts";
import { printMeasured } from "./helpers/table.ts";
import { wrk, type WrkOptions } from "./helpers/wrk.ts";

const [seconds = 2, rounds = 5] = Deno.args.slice(0, 2).map(Number);
const only = Deno.args[2];

/** The servers of one runtime. Goer's raw TCP is first, and the others are relative to it. */
function candidates(runtime: Runtime): Candidate[] {
  const goer = "bench/servers/hello_goer.ts";
  const list: Candidate[] = [
    { name: "Goer, raw TCP", runtime, app: goer, args: ["raw"] },
    { name: "Goer, HTTP", runtime, app: goer, args: ["http"] },
    { name: "Goer, native fetch(Request)", runtime, app: goer, args: ["fetch"] },
    { name: "node:http", runtime, app: "bench/servers/hello_node.ts" },
  ];
  if (runtime.name === "deno") {
    list.push({ name: "Deno.serve", runtime, app: "bench/servers/hello_deno.ts" });
  }
  if (runtime.name === "bun") {
    list.push({ name: "Bun.serve", runtime, app: "bench/servers/hello_bun.ts" });
  }
  return list;
}

/** One thread of wrk. */
function load(options: WrkOptions = {}): Load {
  return ({ host }) => wrk(`http://${host}/`, { seconds, ...options });
}

for (const runtime of RUNTIMES.filter(({ name }) => only === undefined || name === only)) {
  console.log(`\n${runtime.name}, one request at a time`);
  printMeasured("request", await compare(candidates(runtime), load(), { rounds }));
  console.log(`\n${runtime.name}, 16 requests at a time`);
  // Raw TCP responds to chunks, not requests.
  const pipelined = candidates(runtime).filter(({ name }) => name !== "Goer, raw TCP");
  const script = new URL("pipeline.lua", import.meta.url).pathname;
  printMeasured("request", await compare(pipelined, load({ script, connections: 25 }), { rounds }));
}
