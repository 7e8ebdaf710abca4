/** After the supervisor was killed at any step, the next start serves at once. */

import { assertEquals } from "@std/assert";
import { type Runtime, testOnEach } from "../helpers/runtimes.ts";
import { until } from "../helpers/wait.ts";
import { namesIn } from "../helpers/unix_sockets.ts";
import { App, ask, askOnce, freePort } from "./app.ts";
import { isAlive, type Running } from "./processes.ts";

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

/** The steps: until which gate a change gets, and "drain" if an old worker still has a client. */
const STEPS = ["load", "open", "drain"] as const;

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
  for (const step of STEPS) await Deno.remove(`${app.folder}/${step}`).catch(() => {});
}

async function served(runtime: Runtime, command: "reload" | "upgrade"): Promise<void> {
  const port = freePort();
  await using app = await App.write(runtime, "");
  await app.rewrite(gated(port, app.folder));
  let running: Running | undefined;
  /** They stay with their workers, also when the supervisor is gone. */
  const kept: { connection: Deno.Conn; worker: string }[] = [];
  try {
    for (const step of [...STEPS, "the end"]) {
      await running?.[Symbol.asyncDispose]();
      running = app.spawn("start");
      await running.printed("supervisor: serving");
      const { pid, workers } = await app.status();
      for (let client = 0; client < 8; client++) {
        assertEquals([step, await askOnce(port, "x")], [step, String(workers[0].pid)]);
      }
      if (step === "the end") break;
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      kept.push({ connection, worker: await ask(connection, "x") });
      await reach(app, command, step);
      await killSupervisor(app, pid);
    }
    for (const { connection, worker } of kept) assertEquals(await ask(connection, "x"), worker);
  } finally {
    for (const { connection } of kept) connection.close();
    await app.command("stop", "--now");
    await running?.[Symbol.asyncDispose]();
  }
}

for (const command of ["reload", "upgrade"] as const) {
  testOnEach(
    `a start works at once after a supervisor was killed in each step of ${command}`,
    (runtime) => served(runtime, command),
  );
}
