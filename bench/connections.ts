/**
 * What connections cost: memory of idle ones, and how soon a crowd that comes at once is in.
 * Arguments choose runtimes: `deno task bench:connections node bun`.
 *
 * @module
 */

import { RUNTIMES } from "../tests/helpers/runtimes.ts";
import { serve } from "../tests/helpers/serve.ts";
import type { Listening } from "./helpers/compare.ts";
import { residentBytes } from "./helpers/process.ts";
import { printTable } from "./helpers/table.ts";

/** How many clients come. */
const CROWD = 10_000;
/** How many come before, so that what the first ones load is not counted. */
const WARM_UP = 200;

/** Connects `count` clients at once; each is in when the server has greeted it. */
async function connectAtOnce(url: URL, count: number): Promise<Deno.TcpConn[]> {
  const target = { hostname: url.hostname, port: Number(url.port) };
  return await Promise.all(Array.from({ length: count }, async () => {
    const conn = await Deno.connect(target);
    if (await conn.read(new Uint8Array(1)) !== 1) throw new Error("A client was not greeted");
    return conn;
  }));
}

/** Waits until the memory of a process has stopped moving, and returns it. */
async function settledBytes(pid: number): Promise<number> {
  let last = 0;
  for (let next = await residentBytes(pid); next !== last; next = await residentBytes(pid)) {
    last = next;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return last;
}

const chosen = RUNTIMES.filter(({ name }) => Deno.args.length === 0 || Deno.args.includes(name));
const rows: string[][] = [];
for (const runtime of chosen) {
  await using server = await serve<Listening>(runtime, "bench/servers/goer.ts", {
    args: ["greet"],
  });
  const url = new URL(server.ready.addresses[0]);
  const first = await connectAtOnce(url, WARM_UP);
  const before = await settledBytes(server.pid);
  const begin = performance.now();
  const crowd = await connectAtOnce(url, CROWD);
  const seconds = (performance.now() - begin) / 1000;
  const each = (await settledBytes(server.pid) - before) / CROWD;
  rows.push([runtime.name, (each / 1024).toFixed(1), seconds.toFixed(2)]);
  for (const conn of [...first, ...crowd]) conn.close();
}
printTable(["", "KiB each, idle", `s until ${CROWD} are in`], rows);
