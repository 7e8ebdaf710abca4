import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { testInTurn, testOnEach } from "../helpers/runtimes.ts";
import { App, ask, askOnce, freePort } from "./app.ts";
import { isAlive, run } from "./processes.ts";

/** An app whose workers respond with their process ids. */
function whoami(port: number, options: string): string {
  return `export default { listen: "text://127.0.0.1:${port}", stopTimeout: 1000, ${options},
    onMessage(connection, line) {
      if (line === "spin") while (true);
      connection.send(String(process.pid));
    } };
    import process from "node:process";`;
}

testOnEach("an old worker leaves when its last connection closes", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, whoami(port, "reloadTimeout: 60000"));
  await app.start();
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const old = Number(await ask(connection, "x"));
  assertEquals((await app.ask("reload")).ok, true);
  assertEquals(Number(await ask(connection, "x")), old);
  connection.close();
  await until("the end of the old worker", () => Promise.resolve(!isAlive(old)));
});

testInTurn("an old worker leaves when reloadTimeout has passed", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, whoami(port, "reloadTimeout: 300"));
  await app.start();
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const old = Number(await ask(connection, "x"));
  assertEquals((await app.ask("reload")).ok, true);
  assertEquals(await connection.read(new Uint8Array(16)), null);
  await until("the end of the old worker", () => Promise.resolve(!isAlive(old)));
});

testInTurn("a worker that hangs while it drains is killed", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, whoami(port, "reloadTimeout: 300"));
  await app.start();
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const old = Number(await ask(connection, "x"));
  await connection.write(new TextEncoder().encode("spin\n"));
  assertEquals((await app.ask("reload")).ok, true);
  await until("the end of the old worker", () => Promise.resolve(!isAlive(old)));
  assertStringIncludes(await app.log(), "does not respond and is killed");
  assertNotEquals(Number(await askOnce(port, "x")), old);
});

testInTurn("a stop waits for connections, and stop --now does not", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, whoami(port, "workers: 1"));
  await app.rewrite(whoami(port, "workers: 1").replace("1000", "60000"));
  await app.start();
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await ask(connection, "x");
  await using stopping = app.spawn("stop");
  await stopping.printed("stopping");
  assertEquals((await app.status()).workers.map(({ state }) => state), ["draining"]);
  await ask(connection, "still there");
  const refused = await app.command("reload");
  assertEquals(refused.code, 1);
  assertStringIncludes(refused.error, "stopping");
  assertEquals((await app.command("stop", "--now")).code, 0);
  assertEquals(await stopping.ended(), 0);
});

testOnEach("a second signal ends the wait after the first", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, "");
  await app.rewrite(whoami(port, "workers: 1").replace("1000", "60000"));
  await using started = app.spawn("start");
  await started.printed("supervisor: serving");
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await ask(connection, "x");
  started.signal("SIGTERM");
  await started.printed("supervisor: stopping");
  await ask(connection, "still there");
  started.signal("SIGTERM");
  assertEquals(await started.ended(), 0);
});

testInTurn(
  "a worker over maxRequests or maxMemory is replaced, and no request is lost",
  async (runtime) => {
    const port = freePort();
    for (const limit of ["maxRequests: 20", "maxMemory: 1000000"]) {
      await using app = await App.write(runtime, whoami(port, `workers: 2, ${limit}`));
      await app.start();
      const pids = new Set<string>();
      await until("four workers", async () => {
        pids.add(await askOnce(port, "x"));
        return pids.size >= 4;
      });
      assertStringIncludes(await app.log(), `(${limit.replace(": ", " ")})`);
    }
  },
);

testInTurn("a worker that dies repeatedly is started with growing pauses", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, whoami(port, "workers: 2"));
  await app.start();
  // From now on, a worker of slot 0 dies once it serves, and the other one continues.
  await app.rewrite(
    whoami(port, "workers: 2, onWorkerStart({ slot }) { if (slot === 0) process.exit(9) }"),
  );
  const victim = (await app.status()).workers.find(({ slot }) => slot === 0)!;
  Deno.kill(victim.pid, "SIGKILL");
  await until("a third pause", async () => (await app.log()).includes("in 1000 ms"));
  const log = await app.log();
  assertStringIncludes(log, `worker ${victim.id} was killed by SIGKILL`);
  assertStringIncludes(log, "exited with code 9");
  assertStringIncludes(log, "starting a replacement in 250 ms");
  assertStringIncludes(log, "starting a replacement in 500 ms");
  await until("a pause in the status", async () => {
    return /slot 0 has no worker: worker \d+ .*\. Another one starts after \d+ ms/
      .test((await app.command("status")).out);
  });
  const others = (await app.status()).workers.filter(({ slot }) => slot === 1);
  assertEquals(others.map(({ generation, state }) => [generation, state]), [[1, "ready"]]);
});

testInTurn(
  "handlers are called at a worker's start, at a reload and at its end",
  async (runtime) => {
    const port = freePort();
    const say = (name: string) => `${name}: (worker) => console.log("${name}", worker.generation)`;
    await using app = await App.write(
      runtime,
      whoami(port, ["onWorkerStart", "onReload", "onWorkerStop"].map(say).join()),
    );
    await app.start();
    assertEquals((await app.ask("reload")).ok, true);
    await until("the end of the old worker", async () => (await app.log()).includes("has left"));
    assertEquals((await app.command("stop")).code, 0);
    const said = (await app.log()).match(/on(Worker|Reload)\w* \d/g);
    assertEquals(said, [
      "onWorkerStart 1",
      "onWorkerStart 2",
      "onReload 1",
      "onWorkerStop 1",
      "onWorkerStop 2",
    ]);
  },
);

testInTurn("a worker killed under load only loses its own connections", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, whoami(port, "workers: 2"));
  await app.start();
  const connections = await Promise.all(
    Array.from({ length: 16 }, () => Deno.connect({ hostname: "127.0.0.1", port })),
  );
  try {
    const workers = await Promise.all(connections.map(async (one) => Number(await ask(one, "x"))));
    const victim = workers[0];
    let killed = false;
    const outcomes = await Promise.all(connections.map(async (connection, index) => {
      for (let round = 0; round < 50; round++) {
        if (index === 0 && round === 10) Deno.kill(victim, "SIGKILL"), killed = true;
        const answer = await ask(connection, "x").catch(() => "lost");
        if (answer === "lost") return workers[index] === victim && killed ? "expected" : "lost";
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      return workers[index] === victim ? "missed" : "served";
    }));
    assertEquals(outcomes.filter((one) => one === "lost" || one === "missed"), []);
    assert(outcomes.includes("expected"));
  } finally {
    for (const connection of connections) connection.close();
  }
});

testInTurn(
  "a worker that lost its supervisor says so once, and ends",
  async (runtime) => {
    await using app = await App.write(runtime, whoami(freePort(), "workers: 1"));
    await app.start();
    const [worker] = await app.workers();
    const words = (name: string) => Deno.readTextFileSync(`/proc/${worker}/${name}`).split("\0");
    const [command, environment] = [words("cmdline"), words("environ")].map((list) =>
      list.slice(0, -1)
    );
    const variables = Object.fromEntries(environment.map((line) => {
      const [name] = line.split("=", 1);
      return [name, line.slice(name.length + 1)];
    }));
    const { channel: _, ...letter } = JSON.parse(variables.GOER_START);
    const { code, out, error } = await run(command, {
      ...variables,
      GOER_START: JSON.stringify({ ...letter, from: Deno.pid }),
    });
    assertEquals(code, 1);
    const log = (await app.log()) + out + error;
    assertEquals(log.split("Cannot reach the supervisor: this process").length, 2, log);
  },
);
