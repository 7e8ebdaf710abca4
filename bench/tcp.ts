/**
 * The cost of Goer over a bare socket: one response for each chunk, and pipelined echoes. Arguments
 * choose runtimes: `deno task bench:tcp node bun`.
 *
 * @module
 */

import { type Runtime, RUNTIMES } from "../tests/helpers/runtimes.ts";
import { type Candidate, compare, type Load } from "./helpers/compare.ts";
import { pipeline } from "./helpers/pipeline.ts";
import { printMeasured } from "./helpers/table.ts";
import { wrk } from "./helpers/wrk.ts";

/** The number of messages in a batch. */
const BATCH = 32;
/** How often each server is loaded. */
const ROUNDS = 15;
/** The size of a message, including its framing, in bytes. */
const MESSAGE_SIZE = 16;

/** The servers for a mode: bare, then Goer. */
function candidates(runtime: Runtime, mode: string): Candidate[] {
  const bare = `bench/servers/bare_${runtime.name}.ts`;
  return [
    { name: `${runtime.name}, bare`, runtime, app: bare, args: [mode] },
    { name: `${runtime.name}, Goer`, runtime, app: "bench/servers/goer.ts", args: [mode] },
  ];
}

/** 32 lines of 16 bytes. */
function lines(): Uint8Array {
  return new TextEncoder().encode(("x".repeat(MESSAGE_SIZE - 1) + "\n").repeat(BATCH));
}

/** 32 frames of 16 bytes. */
function frames(): Uint8Array {
  const batch = new Uint8Array(BATCH * MESSAGE_SIZE).fill(120);
  const view = new DataView(batch.buffer);
  for (let at = 0; at < batch.length; at += MESSAGE_SIZE) view.setUint32(at, MESSAGE_SIZE);
  return batch;
}

/** The benchmarks: the servers' mode, the name of one operation, the load. */
const BENCHMARKS: [mode: string, operation: string, load: Load][] = [
  ["response", "request", (url) => wrk(`http://${url.host}/`, { seconds: 1 })],
  ["text", "message", pipeline(lines(), BATCH, { seconds: 1 })],
  ["frame", "message", pipeline(frames(), BATCH, { seconds: 1 })],
];

const chosen = RUNTIMES.filter(({ name }) => Deno.args.length === 0 || Deno.args.includes(name));
for (const [mode, operation, load] of BENCHMARKS) {
  console.log(`\n${mode}`);
  for (const runtime of chosen) {
    printMeasured(operation, await compare(candidates(runtime, mode), load, { rounds: ROUNDS }));
  }
}
