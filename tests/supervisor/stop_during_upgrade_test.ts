import { assertEquals } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { testInTurn } from "../helpers/runtimes.ts";
import { namesIn } from "../helpers/unix_sockets.ts";
import { App, freePort, untilEnded } from "./app.ts";

/** The progress of an upgrade, by the files in the runtime directory. */
const MOMENTS: [name: string, isReached: (files: string[]) => boolean][] = [
  ["the new supervisor is tried", (files) => files.includes("state.json")],
  ["the old supervisor ends", (files) => !files.includes("control.sock")],
  [
    "the new supervisor takes over",
    (files) => !files.includes("control.sock") && files.includes("state.json"),
  ],
];

for (const [name, isReached] of MOMENTS) {
  testInTurn(`a stop while ${name} ends the service`, async (runtime) => {
    await using app = await App.write(
      runtime,
      `export default { listen: "text://127.0.0.1:${freePort()}", stopTimeout: 1000,
        onMessage() {} };`,
    );
    await app.start();
    const { pid } = await app.status();
    await using upgrade = app.spawn("upgrade");
    await until(name, async () => isReached(await namesIn(`${app.folder}/run`)));
    Deno.kill(pid, "SIGTERM");
    await untilEnded(app, upgrade);
    const names = () => namesIn(`${app.folder}/run`);
    // A new image that is not ready for signals yet dies of them: the next start clears up after it.
    assertEquals((await names()).includes("control.sock"), false);
    await app.start();
    await app.stop();
    assertEquals(await names(), ["goer.log"]);
  });
}
