/** The limits of the admin listener, and the metrics of those of the app. */

import { assertEquals } from "@std/assert";
import { openAdmin } from "../../src/admin/admin.ts";
import { metricsOf } from "../../src/admin/metrics.ts";
import { REPORT } from "../cli/report.ts";

Deno.test("what limits have refused, rejected and delayed has a metric for each service", () => {
  const counters = {
    key: "0",
    open: 0,
    queued: 0,
    accepted: 0,
    messages: 0,
    bytesRead: 0,
    bytesWritten: 0,
    sendFailures: 0,
    handlerErrors: 0,
  };
  const totals = {
    services: [{ ...counters, refused: 3, rejected: 4, delayed: 5 }, {
      ...counters,
      key: "1",
      refused: 1,
    }],
    processorTime: 0,
    loopDelays: { counts: [], sum: 0 },
    deaths: 0,
    reloaded: 0,
    cancelled: 0,
    reloadTime: 0,
  };
  const names = { 0: "shop" };
  const families = metricsOf({ status: REPORT, totals, names, unready: undefined });
  const samplesOf = (name: string) => families.find((family) => family.name === name)?.samples;
  const samples = (shop: number, other: number) => [
    { labels: { service: "shop" }, value: shop },
    { labels: { service: "1" }, value: other },
  ];
  assertEquals(samplesOf("goer_connections_refused"), samples(3, 1));
  assertEquals(samplesOf("goer_messages_rejected"), samples(4, 0));
  assertEquals(samplesOf("goer_client_delays"), samples(5, 0));
});

Deno.test("clients that only hold connections do not keep a probe out", async () => {
  const unused = () => Promise.reject(new Error("unused"));
  const host = { unready: () => undefined, observe: unused, connections: unused, command: unused };
  const listener = await openAdmin("127.0.0.1:0", host);
  const { hostname, port } = new URL(listener.address);
  const idle = await Promise.all(
    Array.from({ length: 200 }, () => Deno.connect({ hostname, port: Number(port) })),
  );
  for (let count = 0; count < 3; count++) {
    const response = await fetch(`${listener.address}/livez`, { headers: { connection: "close" } });
    assertEquals([response.status, await response.text()], [200, "ok\n"]);
  }
  for (const connection of idle) connection.close();
  await listener.close();
});
