/**
 * The cost of connections: memory of idle ones, and the time until all clients of a crowd are
 * connected. Arguments choose runtimes: `deno task bench:connections node bun`.
 *
 * @module
 */

import { type Runtime, RUNTIMES } from "../tests/helpers/runtimes.ts";
import { serve } from "../tests/helpers/serve.ts";
import { type Listening, median } from "./helpers/compare.ts";
import { pin, settledBytes } from "./helpers/process.ts";
import { printTable } from "./helpers/table.ts";

/** The number of clients. */
const CROWD = 10_000;
/** Clients that connect first, so that one-time costs are not counted. */
const WARM_UP = 200;
/** How many connect together when not all connect at once. */
const WAVE = 100;
/** How often all connect at once. */
const STORMS = 5;

/** Connects `count` clients at once; each is connected when the server has greeted it. */
async function connectAtOnce(url: URL, count: number): Promise<Deno.TcpConn[]> {
  const target = { hostname: url.hostname, port: Number(url.port) };
  return await Promise.all(Array.from({ length: count }, async () => {
    const conn = await Deno.connect(target);
    if (await conn.read(new Uint8Array(1)) !== 1) throw new Error("A client was not greeted");
    return conn;
  }));
}

/** Starts a server, connects the first clients, and runs `work` with it. */
async function withServer(
  runtime: Runtime,
  work: (url: URL, pid: number) => Promise<Deno.TcpConn[]>,
): Promise<void> {
  const options = { args: ["greet"] };
  await using server = await serve<Listening>(runtime, "bench/servers/goer.ts", options);
  await pin(server.pid, 0);
  const url = new URL(server.ready.addresses[0]);
  const first = await connectAtOnce(url, WARM_UP);
  const crowd = await work(url, server.pid);
  for (const conn of [...first, ...crowd]) conn.close();
}

/** The memory of a greeted, idle connection, in bytes. */
async function idleBytes(runtime: Runtime): Promise<number> {
  let each = 0;
  await withServer(runtime, async (url, pid) => {
    const before = await settledBytes(pid);
    const crowd: Deno.TcpConn[] = [];
    while (crowd.length < CROWD) crowd.push(...await connectAtOnce(url, WAVE));
    each = (await settledBytes(pid) - before) / CROWD;
    return crowd;
  });
  return each;
}

/** The time until a crowd that connects at once has been greeted, in seconds. */
async function stormSeconds(runtime: Runtime): Promise<number> {
  let seconds = 0;
  await withServer(runtime, async (url) => {
    const begin = performance.now();
    const crowd = await connectAtOnce(url, CROWD);
    seconds = (performance.now() - begin) / 1000;
    return crowd;
  });
  return seconds;
}

await pin(Deno.pid, 1);
const chosen = RUNTIMES.filter(({ name }) => Deno.args.length === 0 || Deno.args.includes(name));
const rows: string[][] = [];
for (const runtime of chosen) {
  const kibibytes = await idleBytes(runtime) / 1024;
  const seconds: number[] = [];
  for (let round = 0; round < STORMS; round++) seconds.push(await stormSeconds(runtime));
  rows.push([runtime.name, kibibytes.toFixed(1), median(seconds).toFixed(2)]);
}
printTable(["", "KiB each, idle", `s until ${CROWD} are in`], rows);
