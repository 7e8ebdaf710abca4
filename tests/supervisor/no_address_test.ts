/** Services without an address: queue consumers and schedulers. */

import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { Goer, GoerError } from "../../mod.ts";
import { testInTurn, testOnEach } from "../helpers/runtimes.ts";
import { until } from "../helpers/wait.ts";
import { App, askOnce, freePort } from "./app.ts";

/** An app with a service for requests and one for jobs, which writes what it has done to its log. */
function source(app: App, port: number, version = 1): string {
  return `import { Goer } from "${app.goer}";
    import { existsSync } from "node:fs";
    const appearance = async (path) => {
      while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    const jobs = new Goer(null, { name: "jobs", workers: 2 });
    jobs.onWorkerStart = ({ slot }) => {
      jobs.subscribe("work", async (file) => {
        console.log("version ${version} begins " + file);
        await appearance(file);
        console.log("version ${version} has done " + file);
      });
      jobs.subscribe("here", () => console.log("version ${version} in slot " + slot));
      return jobs.subscribe("ready", () => {}).ready;
    };
    const web = new Goer("text://127.0.0.1:${port}", { name: "web" });
    web.onMessage = (connection, line) => {
      const [command, argument] = line.split(" ");
      const done = command === "work"
        ? jobs.publishToOne("work", argument)
        : jobs.worker(Number(argument)).publish("here", "");
      connection.send(String(done));
    };
    export default [jobs, web];`;
}

async function write(runtime: Parameters<typeof App.write>[0], port: number): Promise<App> {
  const app = await App.write(runtime, "");
  await app.rewrite(source(app, port));
  return app;
}

/** Asks until the workers of the jobs are known. */
async function accepted(port: number, line: string): Promise<void> {
  await until(`"${line}" to be accepted`, async () => await askOnce(port, line) === "true");
}

testInTurn(
  "a service without an address has workers of its own, and is in status",
  async (runtime) => {
    const port = freePort();
    await using app = await write(runtime, port);
    await app.start("--workers=1");
    const { services, workers } = await app.status();
    assertEquals(services, [
      { name: "jobs", address: "", protocol: "", workers: 2 },
      { name: "web", address: `text://127.0.0.1:${port}`, protocol: "text", workers: 1 },
    ]);
    const served = workers.map(({ slot, state, services }) => `${slot} ${state} ${services}`);
    assertEquals(served.sort(), [
      `0 ready jobs`,
      `0 ready text://127.0.0.1:${port}`,
      `1 ready jobs`,
    ]);
    assertMatch((await app.command("status")).out, /^jobs +- +- +2$/m);
    assertMatch(await app.log(), /serving jobs$/m);
  },
);

testInTurn("another service reaches one worker without an address by its slot", async (runtime) => {
  const port = freePort();
  await using app = await write(runtime, port);
  await app.start();
  for (const slot of [0, 1]) {
    await accepted(port, `here ${slot}`);
    await until(`slot ${slot}`, async () => (await app.log()).includes(`in slot ${slot}`));
  }
});

testInTurn(
  "a reload waits for jobs in progress and gives new ones to new workers",
  async (runtime) => {
    const port = freePort();
    await using app = await write(runtime, port);
    await app.start();
    const [first, second] = [`${app.folder}/first`, `${app.folder}/second`];
    await accepted(port, `work ${first}`);
    await until("the first job", async () => (await app.log()).includes(`1 begins ${first}`));
    await app.rewrite(source(app, port, 2));
    assertEquals((await app.ask("reload")).ok, true);
    await accepted(port, `work ${second}`);
    await until("the second job", async () => (await app.log()).includes(`2 begins ${second}`));
    await Deno.writeTextFile(second, "");
    await Deno.writeTextFile(first, "");
    for (const done of [`1 has done ${first}`, `2 has done ${second}`]) {
      await until(done, async () => (await app.log()).includes(done));
    }
    await until("the end of the old workers", async () => {
      return (await app.status()).workers.every(({ state }) => state === "ready");
    });
  },
);

testOnEach("an app can consist of a service without an address alone", async (runtime) => {
  await using app = await App.write(
    runtime,
    `export default { listen: null, name: "clock", onWorkerStart() { console.log("ticking"); } };`,
  );
  await app.start();
  assertMatch(await app.log(), /ticking/);
  await using stopping = app.spawn("stop");
  assertEquals(await stopping.ended(), 0);
});

testInTurn("--workers and --listen without an address are errors", async (runtime) => {
  await using app = await App.write(runtime, `export default { listen: null, name: "clock" };`);
  const workers = await app.command("start", "--workers=3");
  assertEquals(workers.code, 1);
  assertMatch(workers.error + workers.out, /--workers 3 has no effect, because no service/);
  const listen = await app.command("start", "--listen=8080");
  assertEquals(listen.code, 1);
  assertMatch(listen.error + listen.out, /Cannot use --listen 8080: the service has no address/);
});

Deno.test("a service without an address needs a name", () => {
  const error = assertThrows(() => new Goer(null), GoerError, "expected a name");
  assertEquals([error.code, error.option], ["GOER_INVALID_ARGUMENT", "name"]);
});

Deno.test("a service without an address refuses options that need one", () => {
  const given: Record<string, unknown> = {
    backlog: 10,
    drain: {},
    fetch: () => new Response(),
    handoff: "rebind",
    idleTimeout: 10,
    maxConnections: 10,
    maxGroupsPerConnection: 10,
    maxRequests: 10,
    onConnect: () => {},
    onMessage: () => {},
    state: () => 0,
    tls: { cert: "", key: "" },
  };
  for (const [option, value] of Object.entries(given)) {
    const make = () => new Goer(null, { name: "jobs", [option]: value });
    const error = assertThrows(make, GoerError, "expected a service with an address");
    assertEquals(error.option, option);
  }
});

Deno.test("a service without an address refuses handlers of connections that are set later", async () => {
  const jobs = new Goer(null, { name: "jobs with a handler" });
  jobs.onMessage = () => {};
  await assertRejects(() => jobs.listen(), GoerError, "Invalid option onMessage");
  jobs.onMessage = undefined;
  await assertRejects(() => jobs.listen({ fd: 3 }), GoerError, "Cannot use fd");
});

Deno.test("a service without an address runs in a process of its own program, too", async () => {
  const jobs = new Goer(null, { name: "jobs of a program" });
  const done: unknown[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  jobs.subscribe("work", async (data) => {
    await promise;
    done.push(data);
  });
  const server = await jobs.listen();
  assertEquals(server.address, "");
  jobs.publish("work", "first");
  const closed = server.close({ graceful: true });
  resolve();
  await closed;
  assertEquals(done, ["first"]);
});

Deno.test("a graceful close waits for the timers of a service without an address", async () => {
  const jobs = new Goer(null, { name: "jobs with a timer" });
  const server = await jobs.listen();
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  let done = false;
  jobs.timers.after(0, async () => {
    begun.resolve();
    await gate.promise;
    done = true;
  });
  await begun.promise;
  assertEquals(jobs.timers.running, 1);
  const closed = server.close({ graceful: true });
  gate.resolve();
  await closed;
  assertEquals([done, jobs.timers.closed], [true, true]);
});
