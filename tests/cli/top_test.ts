/** The screen of `goer top`, with fixed data. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { busiestConnections, type Sample, workerRows } from "../../src/cli/top/samples.ts";
import { chart, rowsOf, topText, type TopView } from "../../src/cli/top/screen.ts";
import { styleOf } from "../../src/supervisor/output/style.ts";
import { assertGolden } from "./golden.ts";
import { CONNECTIONS, REPORT } from "./report.ts";

const NOW: Sample = { time: 12_000, report: REPORT, connections: CONNECTIONS };

/** Two seconds earlier. */
const BEFORE: Sample = {
  time: 10_000,
  report: {
    ...REPORT,
    workers: REPORT.workers.map(({ statistics, ...worker }) => ({
      ...worker,
      statistics: statistics && {
        ...statistics,
        messages: statistics.messages - 2469,
        bytesRead: statistics.bytesRead - 3 * 1024 ** 2,
        handlerErrors: statistics.handlerErrors - 1,
      },
    })),
  },
  connections: CONNECTIONS.map((one, index) => ({
    ...one,
    age: one.age - 2000,
    bytesWritten: one.bytesWritten - 4096 * index,
  })),
};

const VIEW: TopView = {
  before: BEFORE,
  now: NOW,
  history: [0, 10, 200, 400, 800, 1200, 2469],
  selected: "worker 8",
  inspects: false,
};

const PLAIN = styleOf(false);

for (const columns of [20, 80, 120]) {
  Deno.test(`top fits ${columns} columns and 24 lines`, async () => {
    const screen = topText(VIEW, { columns, rows: 23, style: PLAIN });
    await assertGolden(`top_${columns}`, screen);
    const lines = screen.trimEnd().split("\n");
    assert(lines.length <= 23 && lines.every((line) => line.length <= columns), screen);
  });
}

Deno.test("top shows all that is known of the selected row", async () => {
  const layout = { columns: 80, rows: 23, style: PLAIN };
  const [worker, connection] = ["worker 8", "connection 7:1"].map((selected) =>
    topText({ ...VIEW, selected, inspects: true }, layout)
  );
  await assertGolden("top_worker", worker);
  await assertGolden("top_connection", connection);
});

Deno.test("with many workers, top shows the selected one and some connections", () => {
  const workers = Array.from({ length: 100 }, (_, id) => ({ ...REPORT.workers[0], id }));
  const now = { ...NOW, report: { ...REPORT, workers } };
  const view = { ...VIEW, before: undefined, now, selected: "worker 60" };
  const screen = topText(view, { columns: 80, rows: 23, style: PLAIN });
  assert(screen.trimEnd().split("\n").length <= 23, screen);
  assertStringIncludes(screen, ">      60");
  assertStringIncludes(screen, "and 90 more workers");
  assertStringIncludes(screen, "192.0.2.7");
  assertEquals(rowsOf(view, 23).filter(({ key }) => key === "worker 60").length, 1);
});

Deno.test("rates are those between two samples of the same worker or connection", () => {
  const [first, , busy] = workerRows(BEFORE, NOW);
  assertEquals(first.rates?.messages, 2469 / 2);
  assertEquals(busy.rates, undefined);
  assertEquals(workerRows(undefined, NOW)[0].rates, undefined);
  const replaced = { ...NOW, report: { ...REPORT, workers: [{ ...REPORT.workers[0], id: 99 }] } };
  assertEquals(workerRows(BEFORE, replaced)[0].rates, undefined);
  const [busiest] = busiestConnections(BEFORE, NOW);
  assertEquals([busiest.connection.id, busiest.bytesWritten], [1, 2048]);
});

Deno.test("the tallest bar of the chart is the greatest value", () => {
  assertEquals(chart([0, 50, 100]), "▁▅█");
  assertEquals(chart([0, 0]), "▁▁");
  assertEquals(chart([]), "");
});
