/** The admin listener of running apps. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { EVERY_RUNTIME, type RuntimeName, testInTurn, testOnEach } from "../helpers/runtimes.ts";
import { until } from "../helpers/wait.ts";
import { App, askOnce, freePort } from "../supervisor/app.ts";
import { run } from "../supervisor/processes.ts";
import { which } from "../tools.ts";
import { get, scrape } from "./scrape.ts";

const PROMTOOL = await which("promtool");

/** How often the worker is replaced while counters are compared. It starts fastest on Bun. */
const RELOADS: Readonly<Record<RuntimeName, number>> = EVERY_RUNTIME
  ? { deno: 20, bun: 20, node: 20 }
  : { deno: 4, bun: 20, node: 4 };

function source(port: number, more = "workers: 2,"): string {
  return `export default { name: "shop", listen: "text://127.0.0.1:${port}", ${more}
    onMessage(connection, line) {
      if (line === "throw") throw new Error("as asked");
      connection.send("answer");
    } };`;
}

testOnEach("--admin serves metrics, health and status", async (runtime, context) => {
  const [port, admin] = [freePort(), freePort()];
  await using app = await App.write(runtime, source(port));
  await app.start("--admin", String(admin));
  const at = (path: string) => `http://127.0.0.1:${admin}${path}`;
  await askOnce(port, "hello");
  await context.step("the counters are those of the service", async () => {
    const values = await scrape(admin);
    const of = (name: string) => values.get(`${name}{service="shop"}`);
    assertEquals(of("goer_messages_received_total"), 1);
    assertEquals(of("goer_connections_accepted_total"), 1);
    assertEquals([of("goer_received_bytes_total"), of("goer_sent_bytes_total")], [6, 7]);
    assertEquals(values.get(`goer_workers{state="ready"}`), 2);
    assertEquals(values.get("goer_ready"), 1);
    assertEquals(of("goer_handler_duration_seconds_count"), 1);
    assertEquals(of("goer_send_failures_total"), 0);
  });
  await context.step("an OpenMetrics scraper gets OpenMetrics", async () => {
    const response = await fetch(at("/metrics"), {
      headers: { accept: "application/openmetrics-text;version=1.0.0" },
    });
    assertMatch(response.headers.get("content-type")!, /^application\/openmetrics-text; version=1/);
    assert((await response.text()).endsWith("\n# EOF\n"));
  });
  await context.step("health", async () => {
    assertEquals(await get(at("/livez")), [200, "ok\n"]);
    assertEquals(await get(at("/readyz")), [200, "ok\n"]);
  });
  await context.step("status and connections are those of the commands", async () => {
    using _connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await until("the connection", async () => {
      return JSON.parse((await get(at("/connections")))[1]).length === 1;
    });
    assertEquals(JSON.parse((await get(at("/status")))[1]).services[0].name, "shop");
  });
  await context.step("other paths, methods and hosts are refused", async () => {
    assertEquals((await get(at("/other")))[0], 404);
    const posted = await fetch(at("/metrics"), { method: "POST" });
    assertEquals([posted.status, await posted.text()], [405, "Only GET\n"]);
    const reloading = await fetch(at("/reload"), { method: "POST" });
    assertEquals([reloading.status, (await reloading.text()).slice(0, 21)], [
      403,
      "Commands need a token",
    ]);
    assertEquals(await askWithHost(admin, "evil.example"), "HTTP/1.1 403 Forbidden");
    assertEquals(await askWithHost(admin, "localhost"), "HTTP/1.1 200 OK");
  });
});

/** The first line of the response to a request with this field Host. */
async function askWithHost(port: number, host: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = `GET /status HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const text = await new Response(connection.readable).text();
  return text.slice(0, text.indexOf("\r\n"));
}

testOnEach("counters are exact over reloads and killed workers", async (runtime) => {
  const [port, admin] = [freePort(), freePort()];
  await using app = await App.write(
    runtime,
    source(port, `workers: 1, admin: "http://127.0.0.1:${admin}",`),
  );
  await app.start();
  const reloads = RELOADS[runtime.name];
  let sent = 0;
  const load = async () => {
    for (let count = 0; count < 3; count++) await askOnce(port, "hello");
    sent += 3;
  };
  let kills = 0;
  const counted = async () => {
    const values = await scrape(admin);
    const messages = values.get(`goer_messages_received_total{service="shop"}`);
    return messages === sent && sumOfEnds(values) === sent + kills;
  };
  for (let reload = 1; reload <= reloads; reload++) {
    await load();
    assert((await app.ask("reload")).ok);
    await load();
    await until("all messages and ends", counted);
    // After a reload, a worker that dies is replaced at once.
    if (reload % 2 === 0) {
      await killOne(app, port, admin);
      kills++;
      await until("all messages and ends", counted);
    }
  }
  const values = await scrape(admin);
  const of = (name: string) => values.get(`goer_connections_${name}`);
  assertEquals(of(`closed_total{service="shop",reason="worker_ended"}`), kills);
  assertEquals(of(`accepted_total{service="shop"}`), sumOfEnds(values));
  assertEquals(values.get(`goer_reloads_total{result="done"}`), reloads);
  assertEquals(values.get("goer_reload_duration_seconds_count"), reloads);
  assertEquals(values.get("goer_worker_restarts_total"), kills);
});

/** Kills the worker, which has a connection, and waits for the next one. */
async function killOne(app: App, port: number, admin: number): Promise<void> {
  using _lost = await Deno.connect({ hostname: "127.0.0.1", port });
  await until("an open connection", async () => {
    return (await scrape(admin)).get(`goer_connections{service="shop"}`) === 1;
  });
  // Right after a reload, the old worker may still be there.
  const ready = (await app.status()).workers.filter(({ state }) => state === "ready");
  const { pid } = ready[0];
  Deno.kill(pid, "SIGKILL");
  await until("the next worker", async () => {
    const { workers } = await app.status();
    return workers.length === 1 && workers[0].pid !== pid && workers[0].state === "ready";
  });
}

/** How many connections have ended, for all reasons together. */
function sumOfEnds(values: ReadonlyMap<string, number>): number {
  return [...values].filter(([name]) => name.startsWith("goer_connections_closed_total"))
    .reduce((sum, [, count]) => sum + count, 0);
}

testInTurn("counters do not fall when the supervisor is upgraded", async (runtime) => {
  const [port, admin] = [freePort(), freePort()];
  await using app = await App.write(runtime, source(port));
  await app.start("--admin", String(admin));
  await askOnce(port, "hello");
  assertEquals((await app.command("upgrade")).code, 0);
  await askOnce(port, "hello");
  await until("both messages", async () => {
    const values = await scrape(admin).catch(() => new Map());
    return values.get(`goer_messages_received_total{service="shop"}`) === 2 &&
      values.get(`goer_handler_duration_seconds_count{service="shop"}`) === 2 &&
      values.get("goer_upgrades_total") === 1;
  });
});

testInTurn("an address that others can reach needs a token", async (runtime) => {
  const [port, admin] = [freePort(), freePort()];
  const token = crypto.randomUUID();
  await using app = await App.write(runtime, source(port));
  const { code, error, out } = await app.command("start", "-d", "--admin", `0.0.0.0:${admin}`);
  assertEquals(code, 1);
  assertStringIncludes(out + error, "so it needs a token. Set GOER_ADMIN_TOKEN");
  app.options = { environment: { GOER_ADMIN_TOKEN: token } };
  await app.start("--admin", `0.0.0.0:${admin}`);
  const at = (path: string) => `http://127.0.0.1:${admin}${path}`;
  assertEquals((await get(at("/metrics")))[0], 401);
  assertEquals((await get(at("/metrics"), { authorization: `Bearer ${token}x` }))[0], 401);
  assertEquals((await get(at("/metrics"), { authorization: `Bearer ${token}` }))[0], 200);
  assertEquals((await get(at("/readyz")))[0], 200);
  const post = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(at(path), { method: "POST", headers });
    return [response.status, await response.text()];
  };
  const authorization = `Bearer ${token}`;
  assertEquals((await get(at("/reload"), { authorization }))[0], 405);
  assertEquals((await post("/reload"))[0], 401);
  assertEquals((await post("/reload", { authorization: `${authorization}x` }))[0], 401);
  const foreign = { authorization, origin: "http://evil.example" };
  assertEquals(await post("/reload", foreign), [403, "This is only for the page at /\n"]);
  assertEquals((await app.status()).reloads, 0);
  assertEquals(await post("/reload", { authorization }), [200, "reloaded\n"]);
  assertEquals((await app.status()).reloads, 1);
  // There is nothing to call off.
  assertEquals((await post("/abort", { authorization }))[0], 409);
});

testInTurn("an app is not ready while it stops", async (runtime) => {
  const [port, admin] = [freePort(), freePort()];
  await using app = await App.write(runtime, source(port, "stopTimeout: 60_000,"));
  await app.start("--admin", String(admin));
  {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(new TextEncoder().encode("hello\n"));
    await connection.read(new Uint8Array(16));
    void app.ask("stop").catch(() => {});
    await until("the end of readiness", async () => {
      const [status, body] = await get(`http://127.0.0.1:${admin}/readyz`);
      return status === 503 && body === "not ready: the app is stopping\n";
    });
    assertEquals((await get(`http://127.0.0.1:${admin}/livez`))[0], 200);
  }
});

testInTurn("an admin address in use fails the start", async (runtime) => {
  const [port, admin] = [freePort(), freePort()];
  using _other = Deno.listen({ hostname: "127.0.0.1", port: admin });
  await using app = await App.write(runtime, source(port));
  const { code, out, error } = await app.command("start", "-d", "--admin", String(admin));
  assertEquals(code, 1);
  assertStringIncludes(out + error, String(admin));
});

/** How many scrapers there are, and how often each one asks. */
const SCRAPERS = 40;
const SCRAPES = 250;

/** What they may cost the supervisor, in bytes. All answers together have more than this. */
const MOST_MEMORY = 200 * 1024 * 1024;

testInTurn(
  "10,000 scrapes of a Unix socket, also without reading, do not disturb the app",
  async (runtime) => {
    const port = freePort();
    await using app = await App.write(runtime, source(port));
    const path = `${app.folder}/admin.sock`;
    await app.start("--admin", `unix://${path}`);
    // Only the user of the supervisor can open it.
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    const request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const last = request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    const requests = request.repeat(SCRAPES - 1) + last;
    const silent = await Promise.all(
      Array.from({ length: 10 }, () => Deno.connect({ transport: "unix", path })),
    );
    // Goer reads no more when too many answers wait, so this may never be written.
    const writing = silent.map((one) => one.write(new TextEncoder().encode(request.repeat(2000))));
    const before = (await app.status()).memory;
    const texts = await Promise.all(Array.from({ length: SCRAPERS }, async () => {
      const connection = await Deno.connect({ transport: "unix", path });
      const text = new Response(connection.readable).text();
      await connection.write(new TextEncoder().encode(requests));
      return await text;
    }));
    for (const text of texts) {
      assertEquals(text.match(/^HTTP\/1\.1 200 OK\r$/gm)?.length, SCRAPES);
      assertEquals(text.match(/^goer_ready 1$/gm)?.length, SCRAPES);
    }
    assertEquals(await askOnce(port, "hello"), "answer");
    const { memory, phase } = await app.status();
    assertEquals(phase, "running");
    assert(memory - before < MOST_MEMORY, `${memory - before} bytes more`);
    for (const one of silent) one.close();
    await Promise.allSettled(writing);
    await app.stop();
    await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
  },
);

testInTurn("promtool finds no fault in the metrics", async (runtime) => {
  const [port, admin] = [freePort(), freePort()];
  await using app = await App.write(runtime, source(port));
  await app.start("--admin", String(admin));
  await askOnce(port, "throw").catch(() => {});
  const [, metrics] = await get(`http://127.0.0.1:${admin}/metrics`);
  const path = `${app.folder}/metrics.txt`;
  await Deno.writeTextFile(path, metrics);
  const { code, out, error } = await run(["sh", "-c", `promtool check metrics < ${path}`]);
  assertEquals([code, out, error], [0, "", ""]);
}, PROMTOOL === undefined ? "there is no promtool" : undefined);
