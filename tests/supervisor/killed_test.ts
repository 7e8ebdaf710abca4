/** After the supervisor is killed at any step, the app can be started again immediately. */

import { assertEquals } from "@std/assert";
import { testInTurn } from "../helpers/runtimes.ts";
import { until } from "../helpers/wait.ts";
import { namesIn } from "../helpers/unix_sockets.ts";
import { App, ask, askOnce, freePort } from "./app.ts";
import { isAlive } from "./processes.ts";

/**
 * A single worker, which on Deno has a socket of its own to which connections are steered. Loading
 * the app, or opening the worker, takes as long as a file of this name exists.
 */
function gated(port: number, folder: string): string {
  return `import { existsSync, writeFileSync } from "node:fs";
    async function pass(step) {
      for (let first = true; existsSync("${folder}/" + step); first = false) {
        if (first) writeFileSync("${folder}/at-" + step, "");
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
    await pass("load");
    export default { listen: "text://127.0.0.1:${port}", workers: 1, stopTimeout: 600_000,
      onWorkerStart: () => pass("open"),
      onMessage: (connection) => void connection.send(String(process.pid)) };`;
}

/** The gates. */
const GATES = ["load", "open"] as const;

/** A step of a change: the gate that it gets to, or "drain" if an old worker still has a client. */
const STEPS: [command: "reload" | "upgrade", step: typeof GATES[number] | "drain"][] = [
  ["reload", "load"],
  ["reload", "open"],
  ["reload", "drain"],
  ["upgrade", "open"],
  ["upgrade", "drain"],
];

/** Sends a command, and settles when it has got as far as the step. */
async function reach(app: App, command: "reload" | "upgrade", step: string): Promise<void> {
  if (step !== "drain") await Deno.writeTextFile(`${app.folder}/${step}`, "");
  const done = app.ask(command).then(() => {}, () => {});
  if (step === "drain") return await done;
  const reached = `at-${step}`;
  await until(reached, async () => (await namesIn(app.folder)).includes(reached));
  await Deno.remove(`${app.folder}/${reached}`);
}

/** Kills the supervisor, and opens the gates for the next start. */
async function killSupervisor(app: App, pid: number): Promise<void> {
  Deno.kill(pid, "SIGKILL");
  await until("the end of the supervisor", () => Promise.resolve(!isAlive(pid)));
  for (const gate of GATES) await Deno.remove(`${app.folder}/${gate}`).catch(() => {});
}

testInTurn("an app starts again after its supervisor was killed at any step", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, "");
  await app.rewrite(gated(port, app.folder));
  /** They stay with their workers, also when the supervisor is gone. */
  const kept: { connection: Deno.Conn; worker: string }[] = [];
  try {
    for (const [command, step] of STEPS) {
      await using running = app.spawn("start");
      await running.printed("supervisor: serving");
      const { pid, workers } = await app.status();
      for (let client = 0; client < 8; client++) {
        assertEquals([step, await askOnce(port, "x")], [step, String(workers[0].pid)]);
      }
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      kept.push({ connection, worker: await ask(connection, "x") });
      await reach(app, command, step);
      await killSupervisor(app, pid);
    }
    await using running = app.spawn("start");
    await running.printed("supervisor: serving");
    for (const { connection, worker } of kept) assertEquals(await ask(connection, "x"), worker);
    assertEquals(kept.map(({ worker }) => worker).includes(await askOnce(port, "x")), false);
    assertEquals((await app.ask("stop", true)).ok, true);
  } finally {
    for (const { connection } of kept) connection.close();
  }
});
