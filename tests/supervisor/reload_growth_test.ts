import { assertEquals } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { testInTurn } from "../helpers/runtimes.ts";
import { App, familyOf, freePort } from "./app.ts";
import { openDescriptors } from "./open_descriptors.ts";

const RELOADS = 8;

testInTurn("a supervisor does not grow with the number of reloads", async (runtime) => {
  const port = freePort();
  await using app = await App.write(
    runtime,
    `export default { listen: "text://127.0.0.1:${port}", stopTimeout: 1000, onMessage() {} };`,
  );
  await app.start();
  const { pid } = await app.status();
  const open = () => openDescriptors(pid).map(({ what }) => what).sort();
  // The first reload opens descriptors that stay open.
  await reload(app);
  const before = open();
  for (let count = 1; count < RELOADS; count++) await reload(app);
  const { reloads, workers } = await app.status();
  assertEquals([reloads, workers.length], [RELOADS, 1]);
  assertEquals(await until("the same descriptors", () => same(open(), before)), true);
  assertEquals((await familyOf(app)).length, 2, "a supervisor and a worker");
});

/** Reloads, and waits until the previous worker has ended. */
async function reload(app: App): Promise<void> {
  const { ok, text } = await app.ask("reload");
  assertEquals([ok, text], [true, "reloaded"]);
  await until("one worker", async () => (await app.workers()).length === 1);
}

function same(one: string[], other: string[]): Promise<boolean> {
  return Promise.resolve(JSON.stringify(one) === JSON.stringify(other));
}
