import { assertEquals } from "@std/assert";
import { type Family, openMetrics, prometheusText } from "../../src/admin/exposition.ts";
import { BUCKETS, Histogram } from "../../src/histogram.ts";
import { adminHost } from "../../src/supervisor/admin_host.ts";
import type { SupervisorMachine } from "../../src/supervisor/machine/machine.ts";
import type { WorkerPool } from "../../src/supervisor/workers/worker_pool.ts";

const FAMILIES: Family[] = [
  {
    name: "goer_received_bytes",
    type: "counter",
    unit: "bytes",
    help: "Bytes received.",
    samples: [{ labels: { service: 'a "b" \\ \n' }, value: 3 }],
  },
  {
    name: "goer_wait_seconds",
    type: "histogram",
    unit: "seconds",
    help: "Waits.",
    samples: [{ value: { counts: [1, 2], sum: 0.5 } }],
  },
];

Deno.test("openMetrics writes the unit, the suffix of counters only at samples, and the end", () => {
  const text = openMetrics(FAMILIES);
  assertEquals(
    text.startsWith(`# TYPE goer_received_bytes counter
# UNIT goer_received_bytes bytes
# HELP goer_received_bytes Bytes received.
goer_received_bytes_total{service="a \\"b\\" \\\\ \\n"} 3
# TYPE goer_wait_seconds histogram
`),
    true,
  );
  assertEquals(text.endsWith("goer_wait_seconds_count 3\n# EOF\n"), true);
});

Deno.test("prometheusText names a counter with its suffix", () => {
  assertEquals(
    prometheusText(FAMILIES).split("\n").slice(0, 2),
    [
      "# HELP goer_received_bytes_total Bytes received.",
      "# TYPE goer_received_bytes_total counter",
    ],
  );
});

Deno.test("the buckets of a histogram are cumulative", () => {
  const counts = prometheusText(FAMILIES).match(/(?<=_bucket\{le="[^"]*"\} )\d+/g);
  assertEquals(counts, ["1", ...BUCKETS.map(() => "3")]);
});

Deno.test("Histogram counts a time in the first bucket that holds it", () => {
  const histogram = new Histogram();
  for (const time of [0, BUCKETS[0], BUCKETS[1], 1000]) histogram.add(time);
  const { counts, sum } = histogram.report();
  assertEquals(counts, [2, 1, ...new Array(BUCKETS.length - 2).fill(0), 1]);
  assertEquals(sum, BUCKETS[0] + BUCKETS[1] + 1000);
});

Deno.test("services with the same name have different series", async () => {
  const services = [["a", "one"], ["b", "two"], ["c", "two"]].map(([key, name]) => ({ key, name }));
  const machine = { layout: { app: { services } }, workers: [] } as unknown as SupervisorMachine;
  const pool = { totals: { report: () => ({}) } } as unknown as WorkerPool;
  const host = adminHost(machine, pool, (_, reply) => {
    reply({ type: "outcome", ok: true, text: "" });
    return Promise.resolve();
  });
  const { names } = await host.observe();
  assertEquals(names, { a: "one", b: "two (b)", c: "two (c)" });
});
