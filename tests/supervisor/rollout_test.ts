/** New workers that go into service, and what happens to the old ones. */

import { assertEquals } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { testInTurn } from "../helpers/runtimes.ts";
import { App, ask, askOnce, freePort } from "./app.ts";

/** An app that responds with its generation. Later workers run `late` before they become ready. */
function generational(port: number, workers: number, late: string): string {
  return `import { existsSync, writeFileSync } from "node:fs";
    let generation;
    const appearance = async (path) => {
      while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    export default { listen: "text://127.0.0.1:${port}", workers: ${workers},
      async onWorkerStart(worker) {
        generation = worker.generation;
        if (generation === 2) { ${late} }
      },
      onReload: () => writeFileSync(import.meta.dirname + "/reloaded", ""),
      onMessage: (connection) => void connection.send(String(generation)) };`;
}

testInTurn("a worker that dies during a reload is replaced immediately", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, "");
  const gate = `${app.folder}/gate`;
  await app.rewrite(generational(port, 1, `await appearance("${gate}");`));
  await app.start();
  await using reload = app.spawn("reload");
  await reload.printed("starting 1 worker");
  const [{ pid }] = (await app.status()).workers;
  Deno.kill(pid, "SIGKILL");
  await until("a new worker of the old generation", async () => {
    const { workers } = await app.status();
    return workers.some((one) => one.generation === 1 && one.pid !== pid && one.state === "ready");
  });
  assertEquals(await askOnce(port, "x"), "1");
  await Deno.writeTextFile(gate, "");
  assertEquals(await reload.ended(), 0);
  assertEquals(await askOnce(port, "x"), "2");
});

testInTurn("a cancelled reload closes no connection", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, "");
  const gate = `${app.folder}/gate`;
  await app.rewrite(generational(
    port,
    2,
    `if (worker.slot === 1) { await appearance("${gate}"); throw new Error("no database"); }`,
  ));
  await app.start();
  await using reload = app.spawn("reload");
  await reload.printed("starting 2 workers");
  await until("both new workers", async () => (await app.status()).workers.length === 4);
  const connections = await Promise.all(
    Array.from({ length: 20 }, () => Deno.connect({ hostname: "127.0.0.1", port })),
  );
  try {
    for (const connection of connections) assertEquals(await ask(connection, "x"), "1");
    await Deno.writeTextFile(gate, "");
    assertEquals(await reload.ended(), 1);
    await until("the old workers alone", async () => (await app.status()).workers.length === 2);
    for (const connection of connections) assertEquals(await ask(connection, "y"), "1");
  } finally {
    for (const connection of connections) connection.close();
  }
});

testInTurn("a worker that dies while a new supervisor takes over is replaced", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, "");
  // The old workers are told to leave when the new ones serve. Then one of the new ones dies.
  const dying = `if (worker.slot === 0 && !existsSync("${app.folder}/reloaded")) {
    void appearance("${app.folder}/reloaded").then(() => process.exit(3));
  }`;
  await app.rewrite(generational(port, 2, dying));
  await app.start();
  const { code } = await app.command("upgrade");
  assertEquals(code, 0);
  await until("two workers that serve", async () => {
    const { workers } = await app.status();
    return workers.filter(({ state }) => state === "ready").length === 2;
  });
  assertEquals(await askOnce(port, "x"), "2");
});
