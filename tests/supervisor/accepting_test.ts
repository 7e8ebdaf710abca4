/** No connection waits for a missing worker while others are available. */

import { assertEquals } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { testInTurn } from "../helpers/runtimes.ts";
import { App, askOnce, freePort } from "./app.ts";

/** How many clients connect one after another. By chance alone, each worker would get its share. */
const CLIENTS = 24;

/** An app whose workers respond with `x`, or die. */
function mortal(port: number, workers: number, onWorkerStart = ""): string {
  return `import { existsSync } from "node:fs";
    export default { listen: "text://127.0.0.1:${port}", workers: ${workers},
      async onWorkerStart({ slot, generation }) { ${onWorkerStart} },
      onMessage: (connection, line) => line === "die" ? process.exit(3) : void connection.send(line) };`;
}

/** Settles when every client has been served. */
async function allAnswered(port: number): Promise<void> {
  for (let client = 0; client < CLIENTS; client++) assertEquals(await askOnce(port, "x"), "x");
}

testInTurn("all clients are served while a worker is stopped", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, mortal(port, 2));
  await app.start();
  const [pid] = await app.workers();
  Deno.kill(pid, "SIGSTOP");
  try {
    await allAnswered(port);
  } finally {
    Deno.kill(pid, "SIGCONT");
  }
});

testInTurn("all clients are served while a slot waits after crashes", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, "");
  const dying = `if (existsSync("${app.folder}/dying") && slot === 1) process.exit(3);`;
  await app.rewrite(mortal(port, 2, dying));
  await app.start();
  await Deno.writeTextFile(`${app.folder}/dying`, "");
  const { workers } = await app.status();
  Deno.kill(workers.find(({ slot }) => slot === 1)!.pid, "SIGKILL");
  await until(
    "a pause",
    async () => (await app.log()).includes("starting a replacement in 1000 ms"),
  );
  await allAnswered(port);
});

testInTurn(
  "all clients are served while more workers start, and when they fail",
  async (runtime) => {
    const port = freePort();
    await using app = await App.write(runtime, mortal(port, 1));
    await app.start();
    const gate = `${app.folder}/gate`;
    const failing =
      `while (!existsSync("${gate}")) await new Promise((done) => setTimeout(done, 10));
    throw new Error("no database");`;
    await app.rewrite(mortal(port, 3, failing));
    await using reload = app.spawn("reload");
    await reload.printed("starting 3 workers");
    await allAnswered(port);
    await Deno.writeTextFile(gate, "");
    assertEquals(await reload.ended(), 1);
    await allAnswered(port);
  },
);
