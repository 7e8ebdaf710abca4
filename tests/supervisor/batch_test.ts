/** `goer reload --batch`, `--canary` and `--abort`. */

import { assertEquals, assertMatch } from "@std/assert";
import { testInTurn } from "../helpers/runtimes.ts";
import { until } from "../helpers/wait.ts";
import { App, askOnce, freePort } from "./app.ts";

/** An app with three workers that respond with their version. New ones run `start` first. */
function versioned(port: number, version: number, start = ""): string {
  return `import { existsSync } from "node:fs";
    const appearance = async (path) => {
      while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    export default { listen: "text://127.0.0.1:${port}", workers: 3,
      async onWorkerStart({ slot }) { ${start} },
      onMessage: (connection) => void connection.send("${version}") };`;
}

/** The generations of the workers that serve or start, in the order of their slots. */
async function generations(app: App): Promise<string> {
  const { workers } = await app.status();
  return workers.filter(({ state }) => state !== "draining")
    .map(({ slot, generation }) => `${slot}:${generation}`).sort().join(" ");
}

/** Asks until a worker of each of these versions has responded. */
async function answered(port: number, ...versions: string[]): Promise<void> {
  const left = new Set(versions);
  await until(`answers of version ${versions}`, async () => {
    left.delete(await askOnce(port, "x"));
    return left.size === 0;
  });
}

/** What each reload of one app does. Every reload, also one that fails, has the next generation. */
const RELOADS: Record<string, (app: App, port: number) => Promise<void>> = {
  "--batch replaces one batch of workers after the other": async (app, port) => {
    const gate = `${app.folder}/gate`;
    await app.rewrite(versioned(port, 2, `if (slot === 1) await appearance("${gate}");`));
    await using reload = app.spawn("reload", "--batch=1");
    await reload.printed("starting 1 worker, 1 of 3 are replaced");
    await until("the second batch", async () => await generations(app) === "0:2 1:1 1:2 2:1");
    const { rollout, workers } = await app.status();
    assertEquals(rollout, { stage: "starting", replaced: 1, workers: 3 });
    assertEquals(workers.length, 4, "one more than the app has");
    assertMatch(
      (await app.command("status")).out,
      /^reload: new workers are starting, 1 of 3 workers are replaced$/m,
    );
    await answered(port, "1", "2");
    await Deno.writeTextFile(gate, "");
    assertEquals(await reload.ended(), 0, reload.output);
    assertEquals(await generations(app), "0:2 1:2 2:2");
    for (let count = 0; count < 10; count++) assertEquals(await askOnce(port, "x"), "2");
  },

  "stops at a batch that fails, and the next one replaces all": async (app, port) => {
    await app.rewrite(versioned(port, 3, `if (slot === 1) throw new Error("no database");`));
    const { code, error } = await app.command("reload", "--batch=1");
    assertEquals(code, 1);
    assertMatch(error, /Reload stopped after 1 of 3 workers: worker \d+ .*no database/);
    assertEquals(await generations(app), "0:3 1:2 2:2");
    await answered(port, "2", "3");
    assertMatch(
      (await app.command("status")).out,
      /^The last reload stopped: 2 of 3 workers run earlier code, reload again to replace all$/m,
    );
    await app.rewrite(versioned(port, 4));
    assertEquals((await app.command("reload")).code, 0);
    assertEquals(await generations(app), "0:4 1:4 2:4");
  },

  "--canary serves beside the old workers until reload --abort": async (app, port) => {
    await app.rewrite(versioned(port, 5));
    await using reload = app.spawn("reload", "--canary=1", "--for=1h");
    await reload.printed("1 worker serves beside the old ones for 3600 s");
    assertEquals(await generations(app), "0:4 0:5 1:4 2:4");
    await answered(port, "4", "5");
    const { code, out } = await app.command("reload", "--abort");
    assertEquals([code, out], [0, "called off\n"]);
    assertEquals(await reload.ended(), 1);
    assertMatch(reload.output, /Reload cancelled: goer reload --abort/);
    assertEquals(await generations(app), "0:4 1:4 2:4");
    assertEquals(await askOnce(port, "x"), "4");
  },

  "replaces the other workers after the canary's time": async (app, port) => {
    await app.rewrite(versioned(port, 6));
    const { code, error } = await app.command("reload", "--canary=1", "--for=100ms", "--batch=2");
    assertEquals(code, 0, error);
    assertEquals(await generations(app), "0:6 1:6 2:6");
  },

  "is called off by a canary that dies": async (app, port) => {
    await app.rewrite(versioned(port, 7));
    await using reload = app.spawn("reload", "--canary=1", "--for=1h");
    await reload.printed("1 worker serves beside the old ones");
    const { workers } = await app.status();
    Deno.kill(workers.find(({ generation }) => generation === 7)!.pid, "SIGKILL");
    assertEquals(await reload.ended(), 1);
    assertMatch(reload.output, /Reload cancelled: worker \d+ was killed by SIGKILL/);
    assertEquals(await generations(app), "0:6 1:6 2:6");
  },

  "ends with all workers if the app is stopped during a canary": async (app) => {
    await using reload = app.spawn("reload", "--canary=1", "--for=1h");
    await reload.printed("1 worker serves beside the old ones");
    assertEquals((await app.command("stop")).code, 0);
    assertEquals(await reload.ended(), 1);
    assertMatch(reload.output, /Cannot reload: the supervisor is stopping/);
  },
};

testInTurn("reload", async (runtime, t) => {
  const port = freePort();
  await using app = await App.write(runtime, versioned(port, 1));
  await app.start();
  for (const [name, body] of Object.entries(RELOADS)) await t.step(name, () => body(app, port));
});
