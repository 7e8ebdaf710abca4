/**
 * WebSocket with many connections, on each runtime, compared with npm's ws and the runtime's own
 * server: the memory of each idle connection, and the cost of sending one message of 64 bytes to
 * all of them.
 *
 * Run it with `deno run -A bench/websocket_crowd.ts [runtime…]`.
 *
 * @module
 */

import { type Runtime, RUNTIMES } from "../tests/helpers/runtimes.ts";
import { serve, type Served } from "../tests/helpers/serve.ts";
import { frame, TEXT } from "../tests/websocket/frames.ts";
import { type Candidate, type Listening, median } from "./helpers/compare.ts";
import { cpuSeconds, settledBytes } from "./helpers/process.ts";
import { printTable } from "./helpers/table.ts";
import { openClient } from "./helpers/websocket_load.ts";
import { websocketCandidates } from "./helpers/websocket_candidates.ts";

/** The number of clients. */
const CROWD = 10_000;
/** Clients that connect first, so that one-time costs are not counted. */
const WARM_UP = 200;
/** How many connect together. */
const WAVE = 100;
/** How many broadcasts are measured, after an unmeasured one. */
const ROUNDS = 5;

/** The broadcast message, which returns to all clients. */
const message = frame({ opcode: TEXT, payload: "0123456789abcdef".repeat(4) });
const answerLength = 66;

async function connectMany(url: URL, count: number): Promise<Deno.TcpConn[]> {
  const crowd: Deno.TcpConn[] = [];
  while (crowd.length < count) {
    const wave = Array.from({ length: WAVE }, () => openClient(url.hostname, Number(url.port)));
    crowd.push(...await Promise.all(wave));
  }
  return crowd;
}

async function receive(conn: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(answerLength);
  for (let at = 0; at < answerLength;) {
    const count = await conn.read(buffer.subarray(at));
    if (count === null) throw new Error("The server closed the connection");
    at += count;
  }
}

/** Sends one message to all; returns the duration and the server's CPU time, in ms. */
async function broadcast(
  server: Served<Listening>,
  crowd: Deno.TcpConn[],
): Promise<{ time: number; cpu: number }> {
  const [before, begin] = [await cpuSeconds(server.pid), performance.now()];
  const received = Promise.all(crowd.map(receive));
  await crowd[0].write(message);
  await received;
  const time = performance.now() - begin;
  return { time, cpu: (await cpuSeconds(server.pid) - before) * 1000 };
}

/** Measures one server: a row of the table. */
async function measure({ name, runtime, app }: Candidate): Promise<string[]> {
  await using server = await serve<Listening>(runtime, app, { args: ["broadcast"] });
  const url = new URL(server.ready.addresses[0]);
  const first = await connectMany(url, WARM_UP);
  const before = await settledBytes(server.pid);
  const crowd = await connectMany(url, CROWD);
  const each = (await settledBytes(server.pid) - before) / CROWD;
  const all = [...first, ...crowd];
  const rounds: { time: number; cpu: number }[] = [];
  for (let round = 0; round <= ROUNDS; round++) rounds.push(await broadcast(server, all));
  const [time, cpu] = (["time", "cpu"] as const).map((key) =>
    median(rounds.slice(1).map((round) => round[key]))
  );
  for (const conn of all) conn.close();
  return [name, (each / 1024).toFixed(1), time.toFixed(0), cpu.toFixed(0)];
}

async function measureAll(runtime: Runtime): Promise<void> {
  console.log(`\n${runtime.name}`);
  const rows: string[][] = [];
  for (const candidate of websocketCandidates(runtime)) rows.push(await measure(candidate));
  printTable(["", "KiB each, idle", `ms to all ${CROWD}`, "CPU ms"], rows);
}

for (const runtime of RUNTIMES) {
  if (Deno.args.length === 0 || Deno.args.includes(runtime.name)) await measureAll(runtime);
}
