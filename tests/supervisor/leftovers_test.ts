import { assertEquals } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { testInTurn } from "../helpers/runtimes.ts";
import { namesIn } from "../helpers/unix_sockets.ts";
import { App, ask, familyOf, freePort, untilEnded } from "./app.ts";

/** Ways in which a supervisor with an open connection ends. */
const ENDS: [name: string, end: (app: App, pid: number) => Promise<void>][] = [
  ["stop", async (app) => assertEquals((await app.command("stop")).code, 0)],
  ["stop --now", async (app) => assertEquals((await app.command("stop", "--now")).code, 0)],
  ["a second Ctrl+C", async (app, pid) => {
    Deno.kill(pid, "SIGINT");
    await until("the log of the first", async () => (await app.log()).endsWith("stopping\n"));
    Deno.kill(pid, "SIGINT");
  }],
  ["SIGKILL, a start and a stop", async (app, pid) => {
    Deno.kill(pid, "SIGKILL");
    await until("the end of the workers", async () => (await familyOf(app)).length === 0);
    await app.start();
    assertEquals(await namesIn(`${app.folder}/run`), ["control.sock", "goer.log", "goer.pid"]);
    assertEquals((await app.command("stop")).code, 0);
  }],
];

for (const [name, end] of ENDS) {
  testInTurn(`a supervisor leaves no files except its log: ${name}`, async (runtime) => {
    const port = freePort();
    await using app = await App.write(
      runtime,
      `export default { listen: "text://127.0.0.1:${port}", stopTimeout: 1000,
        onMessage: (connection, line) => void connection.send(line) };`,
    );
    await app.start();
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await ask(connection, "x");
    await end(app, (await app.status()).pid);
    await untilEnded(app);
    assertEquals(await namesIn(`${app.folder}/run`), ["goer.log"]);
  });
}
