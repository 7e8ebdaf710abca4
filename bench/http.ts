/**
 * HTTP: what answering "hello" costs in server CPU, on each runtime, beside Goer's own raw TCP, the
 * runtime's own server and `node:http`; on 100 connections that are kept, then 16 requests deep.
 *
 * Run it with `deno run -A bench/http.ts [seconds] [rounds]`; it needs wrk. The results that count
 * are in `bench/README.md`.
 *
 * @module
 */

import { type Runtime, RUNTIMES } from "../tests/helpers/runtimes.ts";
import { type Candidate, compare, type Load } from "./helpers/compare.ts";
import { printMeasured } from "./helpers/table.ts";
import { wrk } from "./helpers/wrk.ts";

const [seconds = 2, rounds = 5] = Deno.args.map(Number);

/** The servers of one runtime, Goer's raw TCP first: the others are compared with it. */
function candidates(runtime: Runtime): Candidate[] {
  const goer = "bench/servers/hello_goer.ts";
  const list: Candidate[] = [
    { name: "Goer, raw TCP", runtime, app: goer, args: ["raw"] },
    { name: "Goer, HTTP", runtime, app: goer, args: ["http"] },
    { name: "Goer, fetch(Request)", runtime, app: goer, args: ["fetch"] },
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

/** One thread of wrk, on 100 connections. */
function load(script?: string): Load {
  return ({ host }) => wrk(`http://${host}/`, { seconds, script });
}

for (const runtime of RUNTIMES) {
  console.log(`\n${runtime.name}, one request at a time`);
  printMeasured("request", await compare(candidates(runtime), load(), { rounds }));
  console.log(`\n${runtime.name}, 16 requests at a time`);
  // Raw TCP answers chunks, not requests; the web's form is so slow that wrk gives some up.
  const pipelined = candidates(runtime).filter(({ name }) => !/raw TCP|fetch/.test(name));
  const script = new URL("pipeline.lua", import.meta.url).pathname;
  printMeasured("request", await compare(pipelined, load(script), { rounds }));
}
