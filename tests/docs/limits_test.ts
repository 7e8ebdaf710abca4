/** The recipe for limits across machines, on each runtime: two processes and one Redis. */

import { assertEquals } from "@std/assert";
import { REDIS } from "../cluster/drivers/brokers.ts";
import { bundled } from "../helpers/bundled.ts";
import { testInTurn } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { until } from "../helpers/wait.ts";
import { ROOT } from "../tools.ts";
import { blocks } from "./pages.ts";

const APP = ".goer/limits_app.ts";

/** Serves in the same process, and prints where. */
const LISTEN = `
await redis.connect();
const server = await goer.listen();
process.on("SIGTERM", async () => {
  await server.close();
  goer.onWorkerStop();
});
console.log(JSON.stringify(server.address));
`;

/** Writes the app of the page. */
async function writeApp(): Promise<void> {
  const [{ code }] = blocks(/^docs\/limits\.md$/)
    .filter(({ language }) => language.includes("title=app.ts"));
  const app = code.replace('"@goer/goer"', '"../mod.ts"').replace(":8080", ":0")
    .replace("points: 100", "points: 3").replace("await goer.runAll();", LISTEN);
  await Deno.mkdir(`${ROOT}.goer`, { recursive: true });
  await Deno.writeTextFile(ROOT + APP, app);
}

testInTurn("two processes limit a client together, also while Redis is away", async (runtime) => {
  await writeApp();
  await using broker = await REDIS.start();
  const env = { REDIS_URL: `redis://127.0.0.1:${broker.port}` };
  await using first = await serve<string>(bundled(runtime), APP, { env });
  await using second = await serve<string>(bundled(runtime), APP, { env });
  const ask = async (address: string) => {
    const response = await fetch(address);
    await response.body?.cancel();
    return [response.status, response.headers.has("retry-after")];
  };
  const answers = [];
  for (const { ready } of [first, second, first, second, first]) answers.push(await ask(ready));
  assertEquals(answers, [...Array(3).fill([200, false]), [429, true], [429, true]]);
  await broker.kill();
  await until("an answer without Redis", async () => (await ask(first.ready))[0] === 200);
  await until("a refusal without Redis", async () => (await ask(first.ready))[0] === 429);
  assertEquals(await ask(first.ready), [429, true]);
}, REDIS.missing);
