/**
 * How many requests are lost by reloads, by upgrades and by killed workers, while clients
 * open a connection for each request.
 *
 * A request that is lost by a killed worker was under way while the worker died; any other loss
 * counts as a fault.
 *
 * Run it with `deno run -A bench/reload_loss.ts [runtime or "steer"…]`. `--reloads`, `--upgrades`,
 * `--kills` and `--requests` change how many there are; the reloads go on until there were as many
 * requests.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { type Runtime, RUNTIMES } from "../tests/helpers/runtimes.ts";
import { until } from "../tests/helpers/wait.ts";
import { App, freePort } from "../tests/supervisor/app.ts";
import { Client } from "../tests/supervisor/chaos/client.ts";
import { Ledger } from "../tests/supervisor/chaos/ledger.ts";
import { printTable } from "./helpers/table.ts";

const { _: chosen, ...counts } = parseArgs(Deno.args, {
  string: ["_"],
  default: { reloads: 100, upgrades: 20, kills: 20, requests: 100_000 },
});
const WORKERS = 2;
/** How many clients send requests at the same time. */
const CLIENTS = 16;
/** How long a client waits between two requests, in ms. */
const REST = 10;

/** The ways to run: Deno's workers can have sockets of their own. */
const WAYS: [name: string, runtime: string, handoff: string][] = [
  ["deno", "deno", "auto"],
  ["steer", "deno", "steer"],
  ["bun", "bun", "auto"],
  ["node", "node", "auto"],
];

/** Clients that send one request on each connection. */
class Crowd {
  readonly ledger = new Ledger();
  readonly #port: number;
  readonly #clients: Promise<void>[];
  #stopped = false;

  constructor(port: number) {
    this.#port = port;
    this.#clients = Array.from({ length: CLIENTS }, () => this.#run());
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const from = performance.now();
      try {
        using client = await Client.connect({ port: this.#port });
        await client.http();
      } catch (error) {
        const what = (error as Error).message;
        this.ledger.lose({ what, mayEnd: false, from, to: performance.now() });
      }
      this.ledger.requests++;
      await new Promise((resolve) => setTimeout(resolve, REST));
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }
}

async function reload(app: App): Promise<void> {
  const { ok, text } = await app.ask("reload");
  if (!ok) throw new Error(`goer reload failed: ${text}`);
}

async function upgrade(app: App): Promise<void> {
  const { code, error } = await app.command("upgrade");
  if (code !== 0) throw new Error(`goer upgrade failed: ${error}`);
}

/** Kills one of the workers at a moment by chance, and waits until there are as many as before. */
async function killOne(app: App, { ledger }: Crowd): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 200));
  const workers = await app.workers();
  await ledger.kill(workers[Math.floor(Math.random() * workers.length)]);
  await until("the replacement", async () => {
    const { workers } = await app.status();
    return workers.filter(({ state }) => state === "ready").length === WORKERS;
  });
}

/** The number of losses that no killed worker explains; the first of them are printed. */
function faultsOf({ ledger }: Crowd, phase: string): string {
  const faults = ledger.judge([]);
  console.error(`${phase}: ${ledger.requests} requests so far, ${faults.length} lost`);
  for (const { what } of faults.slice(0, 5)) console.error(what);
  return faults.length.toLocaleString("en");
}

/** Measures one way to run; returns the cells of its row. */
async function measure(runtime: Runtime, handoff: string): Promise<string[]> {
  const port = freePort();
  await using app = await App.write(
    runtime,
    `export default { listen: "http://127.0.0.1:${port}", workers: ${WORKERS}, handoff: "${handoff}",
      onMessage: (connection) => void connection.send(String(process.pid)) };`,
  );
  await app.start();
  const crowd = new Crowd(port);
  const { ledger } = crowd;
  const cells: string[] = [];
  try {
    for (let done = 0; done < counts.reloads; done++) await reload(app);
    cells.push(faultsOf(crowd, "reloads"));
    for (let done = 0; done < counts.upgrades; done++) await upgrade(app);
    while (ledger.requests < counts.requests) await reload(app);
    cells.push(faultsOf(crowd, "upgrades"), ledger.requests.toLocaleString("en"));
    for (let done = 0; done < counts.kills; done++) await killOne(app, crowd);
    const faults = faultsOf(crowd, "kills");
    cells.push(ledger.explained.toLocaleString("en"), faults);
  } finally {
    await crowd.stop();
  }
  return cells;
}

const rows: string[][] = [];
for (const [name, runtimeName, handoff] of WAYS) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const runtime = RUNTIMES.find((one) => one.name === runtimeName);
  if (runtime !== undefined) rows.push([name, ...await measure(runtime, handoff)]);
}
printTable(
  ["", "lost by reloads", "by upgrades", "of requests", "by killed workers", "at other times"],
  rows,
);
