/** Cron in one worker only, with a supervisor and a reload. */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { testInTurn } from "../helpers/runtimes.ts";
import { App, ask, freePort } from "../supervisor/app.ts";
import { ROOT } from "../tools.ts";

/** Enough connections, one after the other, for each of two workers to get one. */
const CONNECTIONS = 200;

function cronApp(module: string, port: number): string {
  return `
    import { timers } from ${JSON.stringify(module)};
    import process from "node:process";
    export default {
      listen: "text://127.0.0.1:${port}",
      workers: 2,
      reloadTimeout: 30_000,
      onWorkerStart() {
        timers.cron("* * * * * *", () => console.log("fired in " + process.pid), { worker: 0 });
      },
      onMessage(connection) { connection.send(String(process.pid)) },
    };`;
}

testInTurn("cron of worker 0 stops immediately in a worker that is replaced", async (runtime) => {
  const port = freePort();
  const module = runtime.name === "deno" ? `${ROOT}mod.ts` : `${ROOT}npm/dist/mod.js`;
  await using app = await App.write(runtime, cronApp(module, port));
  await app.start();
  const fired = async (after = 0) =>
    [...(await app.log()).slice(after).matchAll(/fired in (\d+)/g)].map(([, pid]) => Number(pid));
  const workers = async () => (await app.status()).workers;
  const first = (await workers()).find(({ slot }) => slot === 0)!.pid;
  await until("cron", async () => (await fired()).length >= 2);
  assertEquals(new Set(await fired()), new Set([first]));

  // An open connection keeps the first worker. Which worker accepts it depends on which is idle.
  const connections: Deno.Conn[] = [];
  let answer = 0;
  while (answer !== first && connections.length < CONNECTIONS) {
    const connection = await Deno.connect({ port });
    connections.push(connection);
    answer = Number(await ask(connection, "who?"));
  }
  assertEquals(answer, first);
  assertEquals((await app.command("reload")).code, 0);
  const after = (await app.log()).length;
  await until("cron after the reload", async () => (await fired(after)).length >= 3);
  const [second, ...others] = new Set(await fired(after));
  assertNotEquals(second, first);
  assertEquals(others, []);
  // It was running all the time.
  assert((await workers()).some(({ pid }) => pid === first));
  for (const connection of connections) connection.close();
});
