/**
 * Makes the picture of the dashboard, `docs/images/dashboard.png`, from real data: an app with two
 * workers under a changing load, and a Prometheus that scrapes it each second. Then it asks
 * Prometheus for the queries of every panel in `goer.json`, and draws the panels in Chromium.
 *
 * Run it with `deno task picture`. It needs `prometheus` and `chromium`, and takes about four
 * minutes.
 *
 * @module
 */

import { openBrowser } from "../../tests/helpers/browser.ts";
import { RUNTIMES } from "../../tests/helpers/runtimes.ts";
import { Socket } from "../../tests/helpers/socket.ts";
import { until } from "../../tests/helpers/wait.ts";
import { App, freePort } from "../../tests/supervisor/app.ts";
import { run, Running } from "../../tests/supervisor/processes.ts";
import { ROOT, which } from "../../tests/tools.ts";
import dashboard from "./goer.json" with { type: "json" };

const PICTURE = `${ROOT}docs/images/dashboard.png`;
/** How wide the picture is, in pixels. */
const WIDTH = 1360;
/** How long the app is under load, in seconds, and what happens to it meanwhile. */
const DURATION = 180;
const RELOAD_AT = 70;
const KILL_AT = 130;
/** How often Prometheus scrapes, in seconds. Grafana makes `$__rate_interval` four times as long. */
const SCRAPE_INTERVAL = 1;

/** A chat of lines and a shop of requests. Their limits are so low that the load reaches them. */
const appSource = (chat: number, shop: number): string => `
const rest = (time) => new Promise((resolve) => setTimeout(resolve, time));

function compute(time) {
  for (const end = performance.now() + time; performance.now() < end;);
}

const chat = {
  name: "chat",
  listen: "text://127.0.0.1:${chat}",
  maxConnections: 24,
  maxSendBufferSize: 1 << 20,
  idleTimeout: 8000,
  clientLimits: { messagesPerSecond: 120 },
  logger: () => {},
  async onMessage(connection, line) {
    if (line === "bye") return connection.close();
    if (line === "fail") throw new Error("no such room");
    if (line === "search") await rest(50 + 200 * Math.random());
    if (line === "sort") compute(20 + 60 * Math.random());
    if (line !== "history") return connection.send(line.padEnd(4096));
    for (let page = 0; page < 80; page++) {
      connection.send("-".repeat(65_536));
      await rest(10);
    }
  },
};

const shop = {
  name: "shop",
  listen: "http://127.0.0.1:${shop}",
  clientLimits: { messagesPerSecond: 20 },
  logger: () => {},
  async fetch(request) {
    if (request.url.endsWith("/cart")) await rest(10 + 40 * Math.random());
    return new Response("thank you");
  },
};

export default [chat, shop];
`;

const rest = (time: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, time));
const chance = (probability: number): boolean => Math.random() < probability;

/** Visitors of both services. More and fewer come, in waves. */
class Load {
  readonly #chat: string;
  readonly #shop: string;
  readonly #start = performance.now();
  #visitors = 0;
  #stopped = false;

  constructor(chat: number, shop: number) {
    this.#chat = `tcp://127.0.0.1:${chat}`;
    this.#shop = `tcp://127.0.0.1:${shop}`;
  }

  /** How busy it is now, from 0 to 1. */
  get #level(): number {
    const seconds = (performance.now() - this.#start) / 1000;
    return 0.5 - 0.4 * Math.cos(seconds / 12) - 0.1 * Math.cos(seconds / 3);
  }

  /** Lets visitors come and go until `stop`. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      const level = this.#level;
      if (this.#visitors < 8 + 44 * level) void this.#count(this.#talk());
      if (chance(0.2 + 0.8 * level)) void this.#quietly(this.#order());
      if (chance(0.003)) void this.#quietly(this.#readNothing());
      await rest(20);
    }
    await until("the end of all visits", () => Promise.resolve(this.#visitors === 0));
  }

  stop(): void {
    this.#stopped = true;
  }

  async #count(visit: Promise<void>): Promise<void> {
    this.#visitors++;
    await this.#quietly(visit);
    this.#visitors--;
  }

  /** Services that refuse, close or die are what the picture shows. */
  async #quietly(visit: Promise<void>): Promise<void> {
    await visit.catch(() => {});
  }

  /** A visitor of the chat. */
  async #talk(): Promise<void> {
    using socket = await Socket.connect(this.#chat);
    let open = true;
    const ending = socket.ending().catch(() => {}).finally(() => open = false);
    const end = performance.now() + 4000 + 14_000 * Math.random();
    const silent = chance(0.05);
    while (open && !this.#stopped && performance.now() < end) {
      if (!silent) await socket.send(`${this.#words()}\n`);
      await rest(60 + 160 * Math.random());
    }
    // A refused visitor does not come again at once.
    if (!open) await rest(1000);
    if (open && chance(0.4)) await socket.send("bye\n");
    else socket.close();
    await ending;
  }

  #words(): string {
    if (chance(0.004)) return "fail";
    if (chance(0.01)) return "sort";
    if (chance(0.08)) return "search";
    return "hello ".repeat(1 + 20 * Math.random());
  }

  /** A request to the shop. A few are no HTTP. */
  async #order(): Promise<void> {
    using socket = await Socket.connect(this.#shop);
    const path = chance(0.3) ? "/cart" : "/";
    await socket.send(
      chance(0.02)
        ? "hello\r\n\r\n"
        : `GET ${path} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n`,
    );
    await socket.ending();
  }

  /** A visitor who asks for much, and reads nothing for a while. */
  async #readNothing(): Promise<void> {
    using socket = await Socket.connect(this.#chat);
    await socket.send("history\n");
    await rest(4000 + 4000 * Math.random());
  }
}

/** A Prometheus that scrapes the app; `await using` ends it and removes its data. */
class Prometheus implements AsyncDisposable {
  readonly #folder: string;
  readonly #address: string;
  readonly #program: Running;

  private constructor(folder: string, address: string, program: Running) {
    this.#folder = folder;
    this.#address = address;
    this.#program = program;
  }

  static async start(executable: string, target: string): Promise<Prometheus> {
    const folder = await Deno.makeTempDir();
    const address = `127.0.0.1:${freePort()}`;
    // JSON is YAML, too.
    const configuration = JSON.stringify({
      global: { scrape_interval: `${SCRAPE_INTERVAL}s` },
      scrape_configs: [{
        job_name: "goer",
        static_configs: [{ targets: [target], labels: { instance: "one" } }],
      }],
    });
    await Deno.writeTextFile(`${folder}/prometheus.yml`, configuration);
    const program = new Running([
      executable,
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=${address}`,
    ]);
    const prometheus = new Prometheus(folder, address, program);
    await until("the first scrape", async () => {
      const now = Date.now() / 1000;
      return (await prometheus.query("goer_ready", now, now).catch(() => [])).length > 0;
    });
    return prometheus;
  }

  /** The series of a query, with a value for each second; times are in seconds. */
  async query(expression: string, start: number, end: number): Promise<PrometheusSeries[]> {
    const parameters = { query: expression, start: `${start}`, end: `${end}`, step: "1" };
    const url = `http://${this.#address}/api/v1/query_range?${new URLSearchParams(parameters)}`;
    const reply = await (await fetch(url)).json();
    if (reply.status !== "success") throw new Error(`${expression}: ${reply.error}`);
    return reply.data.result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

interface PrometheusSeries {
  metric: Record<string, string>;
  values: [time: number, value: string][];
}

type Panel = (typeof dashboard.panels)[number];

/** The expression of a panel as Grafana sends it, for all instances and services. */
function withoutVariables(expression: string): string {
  return expression
    .replaceAll("$__rate_interval", `${4 * SCRAPE_INTERVAL}s`)
    .replaceAll(/\$(instance|service)\b/g, ".+");
}

/** The name of a series in the legend: `{{label}}` stands for the label's value. */
function legend(format: string, labels: Record<string, string>): string {
  return format.replaceAll(/{{(\w+)}}/g, (_, label) => labels[label] ?? "");
}

/** What `drawDashboard` needs to draw a panel. */
async function drawing(prometheus: Prometheus, panel: Panel, times: number[]): Promise<unknown> {
  const { type, title, gridPos: place, targets = [], fieldConfig, options } = panel;
  const series: { name: string; values: (number | null)[] }[] = [];
  for (const { expr, legendFormat } of targets) {
    const found = await prometheus.query(withoutVariables(expr), times[0], times.at(-1)!);
    for (const { metric, values } of found) {
      const valueAt = new Map(values.map(([time, value]) => [time, Number(value)]));
      const numbers = times.map((time) => valueAt.get(time) ?? NaN);
      series.push({
        name: legend(legendFormat, metric),
        values: numbers.map((value) => Number.isFinite(value) ? value : null),
      });
    }
  }
  const all = series.flatMap(({ values }) => values);
  if (type !== "row" && all.every((value) => !value)) throw new Error(`${title} has no data`);
  const defaults: FieldDefaults = fieldConfig?.defaults ?? {};
  return {
    type,
    title,
    place,
    times,
    series,
    unit: defaults.unit,
    decimals: defaults.decimals,
    mappings: defaults.mappings?.[0].options ?? {},
    thresholds: defaults.thresholds?.steps ?? [],
    sparkline: options?.graphMode === "area",
  };
}

/** What the script uses of a panel's `fieldConfig.defaults`. */
interface FieldDefaults {
  unit?: string;
  decimals?: number;
  mappings?: { options: Record<string, { text: string; color: string }> }[];
  thresholds?: { steps: { color: string; value: number | null }[] };
}

/** Loads the app, and disturbs it. Returns the times of the picture, in seconds. */
async function disturb(app: App, load: Load): Promise<number[]> {
  const running = load.run();
  // Rates need a few scrapes.
  await rest(6 * SCRAPE_INTERVAL * 1000);
  const start = Math.ceil(Date.now() / 1000);
  await rest(RELOAD_AT * 1000);
  const { ok, text } = await app.ask("reload");
  if (!ok) throw new Error(`the reload failed: ${text}`);
  await rest((start + KILL_AT) * 1000 - Date.now());
  const victim = (await app.status()).workers.find(({ state }) => state === "ready");
  Deno.kill(victim!.pid, "SIGKILL");
  await rest((start + DURATION) * 1000 - Date.now());
  load.stop();
  await running;
  return Array.from({ length: DURATION }, (_, second) => start + second);
}

/** The panels' script with its library. */
async function browserScript(): Promise<string> {
  const script = `${ROOT}docs/grafana/panels.js`;
  const words = [Deno.execPath(), "bundle", "--quiet", "--platform=browser", script];
  const { code, out, error } = await run(words);
  if (code !== 0) throw new Error(`Cannot bundle ${script}: ${error}`);
  return out;
}

/** Draws the dashboard in Chromium, and writes the picture. */
async function draw(panels: unknown[]): Promise<void> {
  const data = { title: dashboard.title, note: "Instance: All · Service: All", panels };
  await using browser = await openBrowser();
  const page = await browser.newPage({ viewport: { width: WIDTH, height: 800 } });
  page.on("pageerror", (error) => console.error(error));
  await page.addScriptTag({ content: await browserScript() });
  await page.evaluate(`drawDashboard(${JSON.stringify(data)})`);
  await page.screenshot({ path: PICTURE, fullPage: true });
}

const executable = await which("prometheus");
if (executable === undefined) throw new Error("prometheus is not on PATH: install it");
const [chat, shop, admin] = [freePort(), freePort(), freePort()];
await using app = await App.write(RUNTIMES[0], appSource(chat, shop));
await app.start("--workers=2", `--admin=127.0.0.1:${admin}`);
await using prometheus = await Prometheus.start(executable, `127.0.0.1:${admin}`);
const times = await disturb(app, new Load(chat, shop));
const panels = await Promise.all(
  dashboard.panels.map((panel) => drawing(prometheus, panel, times)),
);
await draw(panels);
console.log(`Wrote ${PICTURE}`);
