import { assertEquals } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { RUNTIMES } from "../helpers/runtimes.ts";
import { namesIn } from "../helpers/unix_sockets.ts";
import { App, freePort, untilEnded } from "./app.ts";

/** Settles once a process has executed another program, which has another environment. */
async function nextImage(pid: number): Promise<void> {
  const environment = () => Deno.readTextFileSync(`/proc/${pid}/environ`);
  const first = environment();
  await until("the next image", () => Promise.resolve(environment() !== first));
}

// Bun opens the mask of signals whenever it waits for events: there, such a signal ends the supervisor, its
// workers finish, and the next start removes its files. On Node, another process takes over: it listens
// before the first one leaves.
for (const runtime of RUNTIMES.filter(({ name }) => name === "deno")) {
  Deno.test(`${runtime.name}: a SIGTERM before the new supervisor handles signals stops the service`, async () => {
    await using app = await App.write(
      runtime,
      `export default { listen: "text://127.0.0.1:${freePort()}", stopTimeout: 1000,
        onMessage() {} };`,
    );
    await app.start();
    const { pid } = await app.status();
    await using upgrade = app.spawn("upgrade");
    await nextImage(pid);
    Deno.kill(pid, "SIGTERM");
    await untilEnded(app, upgrade);
    assertEquals(await namesIn(`${app.folder}/run`), ["goer.log"]);
  });
}
