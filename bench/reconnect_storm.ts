/**
 * How many WebSocket clients reconnect in the same second after a reload, if each reconnects as soon
 * as it is closed: all closed at once, as before `drain` existed, and spread over `reloadTimeout`.
 *
 * Run it with `deno run -A bench/reconnect_storm.ts [runtime…]`.
 *
 * @module
 */

import { type Runtime, RUNTIMES } from "../tests/helpers/runtimes.ts";
import { until } from "../tests/helpers/wait.ts";
import { App, freePort } from "../tests/supervisor/app.ts";
import { pin } from "./helpers/process.ts";
import { printTable } from "./helpers/table.ts";
import { openClient } from "./helpers/websocket_load.ts";

/** The number of clients. */
const CROWD = 5_000;
/** How many connect together at the start. */
const WAVE = 100;
/** The time that old workers have to finish their connections, in ms. */
const RELOAD_TIMEOUT = 20_000;

/** The ways to close connections: the options of the service. */
const WAYS: [name: string, drain: string][] = [
  ["all at once", `drain: { start: ${RELOAD_TIMEOUT} },`],
  ["default", ""],
  ["start: 0", "drain: { start: 0 },"],
];

/** A client that reconnects as soon as it is closed. */
class Client {
  readonly #port: number;
  #conn: Deno.TcpConn | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  async connect(): Promise<void> {
    this.#conn = await openClient("127.0.0.1", this.#port);
  }

  /** Settles when it was closed and is connected again. Returns the time, in ms. */
  async reconnected(): Promise<number> {
    const buffer = new Uint8Array(64);
    while (await this.#conn!.read(buffer).catch(() => null) !== null);
    this.#conn!.close();
    await this.connect();
    return performance.now();
  }

  close(): void {
    this.#conn?.close();
  }
}

/** The most events in any second: a window that begins with each of them. */
function mostInASecond(times: number[]): number {
  const sorted = times.toSorted((one, other) => one - other);
  let most = 0;
  for (let first = 0, last = 0; last < sorted.length; last++) {
    while (sorted[last] - sorted[first] >= 1000) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

/** Reloads under the crowd; returns the most reconnections in a second. */
async function storm(runtime: Runtime, drain: string): Promise<number> {
  const port = freePort();
  await using app = await App.write(
    runtime,
    `export default { listen: "ws://127.0.0.1:${port}", reloadTimeout: ${RELOAD_TIMEOUT}, ${drain}
      onMessage: (connection, message) => void connection.send(message) };`,
  );
  await app.start();
  for (const pid of [(await app.status()).pid, ...await app.workers()]) await pin(pid, 0);
  const clients = Array.from({ length: CROWD }, () => new Client(port));
  for (let first = 0; first < CROWD; first += WAVE) {
    await Promise.all(clients.slice(first, first + WAVE).map((client) => client.connect()));
  }
  const reconnected = Promise.all(clients.map((client) => client.reconnected()));
  const { code, error } = await app.command("reload");
  if (code !== 0) throw new Error(`reload failed: ${error}`);
  const times = await reconnected;
  await until("one worker", async () => (await app.workers()).length === 1);
  for (const client of clients) client.close();
  return mostInASecond(times);
}

await pin(Deno.pid, 1);
const chosen = RUNTIMES.filter(({ name }) => Deno.args.length === 0 || Deno.args.includes(name));
const rows: string[][] = [];
for (const runtime of chosen) {
  const most: number[] = [];
  for (const [, drain] of WAYS) most.push(await storm(runtime, drain));
  rows.push([runtime.name, ...most.map((one) => one.toLocaleString("en"))]);
}
printTable(["", ...WAYS.map(([name]) => name)], rows);
