import { assert, assertEquals } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { testInTurn, testOnEach } from "../helpers/runtimes.ts";
import { App, ask, askOnce, familyOf, freePort } from "./app.ts";

/** An app whose workers become ready when a file exists, and respond with their generation. */
function gated(port: number, gate: string): string {
  return `import { existsSync } from "node:fs";
    let generation;
    export default { listen: "text://127.0.0.1:${port}", workers: 2, stopTimeout: 60_000,
      async onWorkerStart(worker) {
        generation = worker.generation;
        while (!existsSync("${gate}")) await new Promise((resolve) => setTimeout(resolve, 10));
      },
      onMessage: (connection) => void connection.send(String(generation)) };`;
}

/** The generations of the workers, with the number of each. */
async function generations(app: App): Promise<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (const { generation } of (await app.status()).workers) {
    counts[generation] = (counts[generation] ?? 0) + 1;
  }
  return counts;
}

testInTurn("a reload during a reload waits for its turn", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, "");
  const gate = `${app.folder}/gate`;
  await Deno.writeTextFile(gate, "");
  await app.rewrite(gated(port, gate));
  await app.start();
  await Deno.remove(gate);
  await using first = app.spawn("reload");
  await first.printed("starting 2 workers");
  await using second = app.spawn("reload");
  await using upgrade = app.spawn("upgrade");
  await until("both of the first", async () => (await generations(app))[2] === 2);
  // Nothing else is started meanwhile, and the old workers continue.
  assertEquals(await generations(app), { 1: 2, 2: 2 });
  assertEquals(await askOnce(port, "x"), "1");
  await Deno.writeTextFile(gate, "");
  assertEquals([await first.ended(), await second.ended(), await upgrade.ended()], [0, 0, 0]);
  const { reloads, upgrades } = await app.status();
  assertEquals([reloads, upgrades], [3, 1]);
  assertEquals(await askOnce(port, "x"), "4");
});

testOnEach(
  "workers finish their connections when their supervisor is killed",
  async (runtime) => {
    const port = freePort();
    await using app = await App.write(runtime, "");
    await app.rewrite(gated(port, app.module));
    await app.start();
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await ask(connection, "x");
    Deno.kill((await app.status()).pid, "SIGKILL");
    await until("the end of the idle worker", async () => (await familyOf(app)).length === 1);
    for (let line = 0; line < 3; line++) assertEquals(await ask(connection, "x"), "1");
    connection.close();
    await until("the end of the other", async () => (await familyOf(app)).length === 0);
    assert((await app.log()).includes("the supervisor has ended: finishing open connections"));
  },
);
