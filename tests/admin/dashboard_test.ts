/** The names of metrics in the dashboard and the documentation. */

import { assertEquals } from "@std/assert";
import { prometheusText } from "../../src/admin/exposition.ts";
import { metricsOf } from "../../src/admin/metrics.ts";
import { sumOfHistograms } from "../../src/histogram.ts";
import type { Observation } from "../../src/supervisor/admin.ts";
import { run } from "../supervisor/processes.ts";
import { ROOT, which } from "../tools.ts";

const DASHBOARD = await Deno.readTextFile(`${ROOT}docs/grafana/goer.json`);
const PROMTOOL = await which("promtool");

const TIMES = sumOfHistograms([]);

/** An app that has something to report in each metric. */
const OBSERVATION = {
  status: {
    version: "1",
    runtime: "Deno",
    uptime: 0,
    memory: 1,
    upgrades: 0,
    workers: [{
      slot: 0,
      state: "ready",
      services: ["key"],
      statistics: {
        connections: 0,
        memory: 1,
        timers: 0,
        clusters: [{ buses: [{ name: "redis", state: "ready", queued: 0 }] }],
      },
    }],
  },
  totals: {
    services: [{
      key: "key",
      open: 0,
      queued: 0,
      accepted: 0,
      refused: 0,
      messages: 0,
      bytesRead: 0,
      bytesWritten: 0,
      sendFailures: 0,
      handlerErrors: 0,
      handlerTimes: TIMES,
    }],
    processorTime: 0,
    loopDelays: TIMES,
    busDrops: [{ name: "redis", dropped: 0 }],
    deaths: 0,
    reloaded: 0,
    cancelled: 0,
    reloadTime: 0,
  },
  names: { key: "shop" },
} as unknown as Observation;

/** The names of all series. */
function seriesNames(): Set<string> {
  const lines = prometheusText(metricsOf(OBSERVATION)).split("\n");
  const names = lines.filter((line) => line.startsWith("goer_"));
  return new Set(names.map((line) => /^\w+/.exec(line)![0]));
}

/** The queries of all panels. */
function queries(): string[] {
  const { panels } = JSON.parse(DASHBOARD) as { panels: { targets?: { expr: string }[] }[] };
  return panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
}

Deno.test("the dashboard uses only metrics that exist", () => {
  const names = seriesNames();
  const used = DASHBOARD.match(/goer_\w+/g)!;
  assertEquals(used.filter((name) => !names.has(name)), []);
});

Deno.test("the documentation lists every metric, and no other", async () => {
  const page = await Deno.readTextFile(`${ROOT}docs/operating.md`);
  const rows = page.split("\n").filter((line) => line.startsWith("| `goer_"));
  const listed = new Set(rows.flatMap((row) => row.split("|")[1].match(/goer_\w+/g)!));
  const names = [...seriesNames()].map((name) => name.replace(/_(bucket|sum|count)$/, ""));
  assertEquals([...listed].sort(), [...new Set(names)].sort());
});

Deno.test({
  name: "promtool accepts the queries of the dashboard",
  // Needs promtool, of Prometheus.
  ignore: PROMTOOL === undefined,
  async fn() {
    const rules = queries().map((expr, index) => ({
      record: `query:${index}`,
      expr: expr.replaceAll("$__rate_interval", "1m").replaceAll("$", ""),
    }));
    const path = await Deno.makeTempFile({ suffix: ".yml" });
    // JSON is YAML, too.
    await Deno.writeTextFile(path, JSON.stringify({ groups: [{ name: "dashboard", rules }] }));
    const { code, error } = await run(["promtool", "check", "rules", path]);
    await Deno.remove(path);
    assertEquals([code, error], [0, ""]);
  },
});
