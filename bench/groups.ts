/**
 * Groups in two workers, on each runtime: the cost of a message to 10,000 connections, compared
 * with a bare loop of writes in one process; and the latency from one worker to the other, compared
 * with Redis from one client to another.
 *
 * Run it with `deno run -A bench/groups.ts [runtime…]`.
 *
 * @module
 */

import { REDIS } from "../tests/cluster/drivers/brokers.ts";
import { type Runtime, RUNTIMES } from "../tests/helpers/runtimes.ts";
import { serve } from "../tests/helpers/serve.ts";
import { App, freePort } from "../tests/supervisor/app.ts";
import { type Listening, median } from "./helpers/compare.ts";
import { cpuSeconds } from "./helpers/process.ts";
import { printTable } from "./helpers/table.ts";

/** The number of clients, and how many connect together. */
const CROWD = 10_000;
const WAVE = 100;
/** How long a server has to accept them, in ms. */
const ACCEPT_TIME = 3_000;
/** How many messages to all are measured together, and how often, after one unmeasured round. */
const MESSAGES = 10;
const ROUNDS = 5;
/** How many messages from worker to worker are measured. */
const HOPS = 5_000;

const LINE = 65;

/**
 * An app with two workers. "go" sends to all, "hops" measures the round trip to the other worker.
 */
function app(port: number): string {
  return `
    const text = "0123456789abcdef".repeat(4);
    let goer, came;
    export default {
      listen: "text://127.0.0.1:${port}",
      workers: 2,
      stopTimeout: 0,
      onWorkerStart() {
        goer = this;
        goer.subscribe("ping", (from) => goer.worker(from).publish("pong", ""));
        goer.subscribe("pong", () => came());
      },
      onConnect: (connection) => { connection.join("all") },
      async onMessage(connection, line) {
        if (line === "go") return goer.to("all").send(text);
        const here = goer.worker(0).here ? 0 : 1;
        const times = [];
        for (let hop = 0; hop < ${HOPS}; hop++) {
          const begin = performance.now();
          await new Promise((resolve) => {
            came = resolve;
            goer.worker(1 - here).publish("ping", here);
          });
          times.push((performance.now() - begin) / 2 * 1000);
        }
        connection.send(JSON.stringify(times));
      },
    };`;
}

async function connectMany(port: number): Promise<Deno.TcpConn[]> {
  const crowd: Deno.TcpConn[] = [];
  while (crowd.length < CROWD) {
    const wave = Array.from({ length: WAVE }, () => Deno.connect({ hostname: "127.0.0.1", port }));
    crowd.push(...await Promise.all(wave));
  }
  // The system reports connections before the server has accepted them.
  await new Promise((resolve) => setTimeout(resolve, ACCEPT_TIME));
  return crowd;
}

async function receive(conn: Deno.TcpConn, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = await conn.read(buffer.subarray(at));
    if (count === null) throw new Error("The server closed the connection");
    at += count;
  }
  return buffer;
}

/** Times in ms to the last byte, and server CPU in µs for each delivered message. */
async function broadcasts(port: number, pids: number[]): Promise<{ time: number; cost: number }> {
  const crowd = await connectMany(port);
  const cpu = async () => (await Promise.all(pids.map(cpuSeconds))).reduce((a, b) => a + b);
  const rounds: { time: number; cost: number }[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const [before, begin] = [await cpu(), performance.now()];
    for (let message = 0; message < MESSAGES; message++) {
      const received = Promise.all(crowd.map((conn) => receive(conn, LINE)));
      await crowd[message].write(new TextEncoder().encode("go\n"));
      await received;
    }
    const time = (performance.now() - begin) / MESSAGES;
    rounds.push({ time, cost: (await cpu() - before) / MESSAGES / CROWD * 1e6 });
  }
  for (const conn of crowd) conn.close();
  const counted = rounds.slice(1);
  return {
    time: median(counted.map(({ time }) => time)),
    cost: median(counted.map(({ cost }) => cost)),
  };
}

/** The median and the 99th percentile. */
function percentiles(times: number[]): [string, string] {
  const sorted = times.toSorted((left, right) => left - right);
  return [sorted[sorted.length >> 1].toFixed(0), sorted[sorted.length * 99 / 100 | 0].toFixed(0)];
}

async function measure(runtime: Runtime): Promise<void> {
  console.log(`\n${runtime.name}`);
  const port = freePort();
  await using goer = await App.write(runtime, app(port));
  await goer.start();
  const status = await goer.status();
  const own = await broadcasts(port, [status.pid, ...status.workers.map(({ pid }) => pid)]);
  await using bare = await serve<Listening>(runtime, `bench/servers/crowd_${runtime.name}.ts`);
  const loop = await broadcasts(Number(new URL(bare.ready.addresses[0]).port), [bare.pid]);
  printTable(["", `ms to all ${CROWD}`, "CPU µs each", "ratio"], [
    ["a bare loop, one process", loop.time.toFixed(0), loop.cost.toFixed(2), "1.00"],
    [
      "Goer, a group over two workers",
      own.time.toFixed(0),
      own.cost.toFixed(2),
      (own.cost / loop.cost).toFixed(2),
    ],
  ]);
  console.log();
  printTable(["one way, µs", "p50", "p99"], [
    ["Goer, worker to worker", ...percentiles(await hops(port))],
    ...REDIS.missing === undefined
      ? [["Redis, client to client", ...percentiles(await redisHops())]]
      : [],
  ]);
}

async function hops(port: number): Promise<number[]> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(new TextEncoder().encode("hops\n"));
  let text = "";
  while (!text.endsWith("]\n")) text += new TextDecoder().decode(await receive(conn, 1));
  return JSON.parse(text);
}

/** Publishes to a subscriber over Redis, with two connections of this process. */
async function redisHops(): Promise<number[]> {
  await using broker = await REDIS.start();
  const { port } = broker;
  using publisher = await Deno.connect({ hostname: "127.0.0.1", port });
  using subscriber = await Deno.connect({ hostname: "127.0.0.1", port });
  const encoder = new TextEncoder();
  const buffer = new Uint8Array(1024);
  await subscriber.write(encoder.encode("SUBSCRIBE hops\r\n"));
  await subscriber.read(buffer);
  const times: number[] = [];
  for (let hop = 0; hop < HOPS; hop++) {
    const begin = performance.now();
    await publisher.write(encoder.encode("PUBLISH hops 1\r\n"));
    await subscriber.read(buffer);
    times.push((performance.now() - begin) * 1000);
    await publisher.read(buffer);
  }
  return times;
}

for (const runtime of RUNTIMES) {
  if (Deno.args.length === 0 || Deno.args.includes(runtime.name)) await measure(runtime);
}
