/** What long operations say on a terminal while they wait. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { WorkerStatistics } from "../../src/supervisor/ipc/messages.ts";
import type { WorkerRecord, WorkerState } from "../../src/supervisor/machine/events.ts";
import { LiveProgress } from "../../src/supervisor/output/live_progress.ts";
import { buildIfStale } from "../../npm/build.ts";
import { RUNTIMES, testOnEach } from "../helpers/runtimes.ts";
import { until } from "../helpers/wait.ts";
import { App, ask, freePort, goerCommand } from "./app.ts";
import { inTerminal, isAlive } from "./processes.ts";

testOnEach(
  "a terminal shows what a slow start and a stop wait for, a pipe does not",
  async (on) => {
    const port = freePort();
    await using app = await App.write(on, "");
    await app.rewrite(
      `import { Goer } from "${app.goer}";
     await new Promise((resolve) => setTimeout(resolve, 1500));
     const app = new Goer("text://127.0.0.1:${port}", { stopTimeout: 20_000 });
     app.onMessage = (connection, message) => connection.send(message);
     export default app;`,
    );
    await using terminal = inTerminal(app.words("start"));
    await terminal.printed("loading the app, 1 s");
    await terminal.printed("Ctrl+C");
    const peer = await Deno.connect({ port });
    assertEquals(await ask(peer, "one"), "one");
    const stop = app.command("stop");
    await terminal.printed("1 connection left, up to");
    assertStringIncludes(terminal.output, "s; press Ctrl+C again to stop now\x1b[K");
    await terminal.press("\x03");
    assertEquals(await terminal.ended(), 0);
    assertEquals((await stop).out, "stopping …\nstopped\n");
    assert(!terminal.output.endsWith("stop now\x1b[K"), "the line is removed");
    peer.close();
  },
);

testOnEach("an app ends when its terminal is closed, after its connections", async (on) => {
  const port = freePort();
  await using app = await App.write(
    on,
    `export default { listen: "text://127.0.0.1:${port}", stopTimeout: 60_000,
      onMessage: (connection, line) => connection.send(line) };`,
  );
  await using terminal = inTerminal(app.words("start"));
  await terminal.printed("Ctrl+C");
  using peer = await Deno.connect({ port });
  assertEquals(await ask(peer, "one"), "one");
  Deno.kill((await app.status()).pid, "SIGHUP");
  await terminal.printed("reloaded");
  Deno.kill((await app.status()).pid, "SIGUSR2");
  await terminal.printed("upgraded");
  const { pid } = await until("the next supervisor", () => app.status().catch(() => undefined));
  terminal.signal("SIGKILL");
  await until("the stop", async () => (await app.status()).phase === "stopping");
  // The system may send the signal several times, and shells send it, too.
  Deno.kill(pid, "SIGHUP");
  assertEquals(await ask(peer, "two"), "two");
  peer.close();
  await until("the end", () => Promise.resolve(!isAlive(pid)));
  // The previous supervisor removes its line, and says nothing more.
  const [before, after] = terminal.output.split("upgraded: this is");
  assert(!/ s\[K[^\r]/.test(before.replaceAll("\x1b", "")), terminal.output);
  assert(!after.includes("handing over"), terminal.output);
});

/** The only runtime that cannot compile: it looks for another one on PATH. */
const node = RUNTIMES.find(({ name }) => name === "node");

Deno.test({
  name: "a compilation says how long it takes, and leaves nothing behind if stopped" +
    (node === undefined ? " (skipped: there is no node)" : ""),
  ignore: node === undefined,
  async fn() {
    await buildIfStale();
    const folder = await Deno.makeTempDir();
    for (const name of ["bin", "tmp"]) await Deno.mkdir(`${folder}/${name}`);
    await Deno.writeTextFile(`${folder}/app.mjs`, "");
    const compiler = `#!/bin/sh\n[ "$1" = -p ] && echo "$0" && exit\nexec sleep 60\n`;
    await Deno.writeTextFile(`${folder}/bin/bun`, compiler, { mode: 0o755 });
    const environment = [`PATH=${folder}/bin:${Deno.env.get("PATH")}`, `TMPDIR=${folder}/tmp`];
    const command = [...goerCommand(node!), "compile", `${folder}/app.mjs`, "--runtime=bun"];
    await using terminal = inTerminal(["env", ...environment, ...command]);
    await terminal.printed("compiling with bun, 1 s");
    await terminal.press("\x03");
    assertEquals(await terminal.ended(), 130);
    assertEquals([...Deno.readDirSync(`${folder}/tmp`)], []);
    await Deno.remove(folder, { recursive: true });
  },
});

/** Workers in these states. */
function workers(...states: WorkerState[]): WorkerRecord[] {
  return states.map((state, id) => {
    return { id, group: "", slot: id, generation: state === "draining" ? 1 : 2, state };
  });
}

Deno.test("LiveProgress counts workers that start, and connections that are left", async () => {
  const machine = { workers: workers("starting", "prepared") };
  const shown: string[] = [];
  const statistics = new Map([0, 1].map((id) => [id, { connections: 2 } as WorkerStatistics]));
  const progress = new LiveProgress({
    machine,
    pool: { statistics: () => Promise.resolve(statistics) },
    isSeen: () => true,
    show: (text) => void shown.push(text),
  });
  const next = async (pattern: RegExp) => {
    await until(String(pattern), () => Promise.resolve(shown.length > 0));
    assertMatch(shown.shift()!, pattern);
  };
  progress.step("starting 2 workers");
  await next(/^starting 2 workers: 1 ready, \d+ s$/);
  machine.workers = workers("ready", "draining");
  progress.serving();
  await next(/^$/);
  await next(/^2 connections left on old workers$/);
  machine.workers = workers("ready", "ready");
  await next(/^$/);
  progress.stopping(60_000);
  await next(/^4 connections left, up to \d\d s$/);
  progress.end();
  await next(/^$/);
  progress.serving();
  progress.end();
  assertEquals(shown, []);
});

Deno.test("LiveProgress does not ask the workers if nobody sees what it says", async () => {
  const shown: string[] = [];
  const progress = new LiveProgress({
    machine: { workers: workers("ready", "draining") },
    pool: { statistics: () => Promise.reject(new Error("asked")) },
    isSeen: () => false,
    show: (text) => void shown.push(text),
  });
  progress.serving();
  await until("two looks", () => Promise.resolve(shown.length > 1));
  progress.end();
  assertEquals(shown.filter((text) => text !== ""), []);
});
