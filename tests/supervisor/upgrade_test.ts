/** What an upgrade keeps: the process, on what can execute in place, and its stand-in elsewhere. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { inTurn, type Runtime, RUNTIMES, testInTurn } from "../helpers/runtimes.ts";
import { installNode, VERSIONS } from "../tools.ts";
import { App, askOnce, familyOf, freePort } from "./app.ts";
import { descriptorCapabilities } from "./bundle.ts";

/** The runtimes, and newer versions of Node: those can execute in place, but would leave zombies. */
const CANDIDATES: { name: string; runtime: Runtime | undefined }[] = [
  ...RUNTIMES.map((runtime) => ({ name: runtime.name, runtime })),
  ...await Promise.all(inTurn([VERSIONS.node22, VERSIONS.node24]).map(newerNode)),
];

async function newerNode(version: string): Promise<{ name: string; runtime: Runtime | undefined }> {
  const name = `node ${version}`;
  const node = RUNTIMES.find((one) => one.name === "node");
  const path = await installNode(version).catch(() => undefined);
  return { name, runtime: node && path ? { ...node, path } : undefined };
}

function testOn(
  candidates: typeof CANDIDATES,
  name: string,
  body: (runtime: Runtime) => Promise<void>,
): void {
  for (const { name: candidate, runtime } of candidates) {
    const missing = runtime === undefined;
    Deno.test({
      name: `${candidate}: ${name}${missing ? " (skipped: it is not here)" : ""}`,
      ignore: missing,
      fn: () => body(runtime!),
    });
  }
}

function echo(port: number, answer: string): string {
  return `export default { listen: "text://127.0.0.1:${port}", workers: 2, stopTimeout: 1000,
    onMessage: (connection, line) => void connection.send("${answer} " + line) };`;
}

testOn(
  CANDIDATES,
  "upgrades keep the process that was started, which passes signals on",
  async (runtime) => {
    const port = freePort();
    await using app = await App.write(runtime, echo(port, "1"));
    await using started = app.spawn("start");
    await started.printed("supervisor: serving");
    for (const round of [2, 3]) {
      await app.rewrite(echo(port, `${round}`));
      const { code, error } = await app.command("upgrade");
      assertEquals([code, error], [0, ""]);
      assertEquals(await askOnce(port, "x"), `${round} x`);
    }
    const { reaps } = await descriptorCapabilities(runtime);
    if (reaps) assertEquals((await app.status()).pid, started.pid);
    started.signal("SIGHUP");
    await until("a reload", async () => (await app.status()).reloads === 3);
    started.signal("SIGTERM");
    assertEquals(await started.ended(), 0);
    assertStringIncludes(started.output, "info supervisor: stopped");
    assertEquals(await familyOf(app), []);
  },
);

testOn(
  // One runtime in turn, and the newer Node.
  [...inTurn(CANDIDATES.slice(0, RUNTIMES.length)), ...CANDIDATES.slice(RUNTIMES.length)],
  "no zombie process remains, whoever started it",
  async (runtime) => {
    const port = freePort();
    await using app = await App.write(runtime, echo(port, ""));
    await app.start();
    for (let round = 0; round < 2; round++) {
      assertEquals((await app.ask("reload")).ok, true);
      assertEquals((await app.command("upgrade")).code, 0);
    }
    Deno.kill((await app.status()).workers.at(-1)!.pid, "SIGKILL");
    let processes: string[] = [];
    await until("two workers and their supervisor, and nothing else", async () => {
      const { pid, workers } = await app.status();
      processes = await familyOf(app);
      const expected = [pid, ...workers.map((one) => one.pid)].map((one) => `${one} alive`);
      return workers.length === 2 && workers.every(({ state }) => state === "ready") &&
        JSON.stringify(processes.sort()) === JSON.stringify(expected.sort());
    }).catch((error) => {
      throw new Error(`${error}: ${processes}`);
    });
  },
);

/** An app with a worker that answers `block` after four seconds in which it does nothing else. */
function blocking(port: number): string {
  return `export default { listen: "text://127.0.0.1:${port}", stopTimeout: 500, reloadTimeout: 500,
    onMessage: (connection, line) => {
      if (line === "block") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4000);
      connection.send(line);
    } };`;
}

testInTurn(
  "a stop has priority over an upgrade that waits for a hanging worker",
  async (runtime) => {
    const port = freePort();
    await using app = await App.write(runtime, blocking(port));
    await using started = app.spawn("start");
    await started.printed("supervisor: serving");
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(new TextEncoder().encode("block\n"));
    await using upgrade = app.spawn("upgrade");
    await upgrade.printed("handing over");
    started.signal("SIGTERM");
    assertEquals(await started.ended(), 0);
    assertStringIncludes(started.output, "info supervisor: stopped");
    assertEquals(await upgrade.ended(), 1);
    assertEquals(await familyOf(app), []);
  },
);
