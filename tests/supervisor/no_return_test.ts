/** What an upgrade or a restart tries before the supervisor gives anything up. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { DIST } from "../../npm/build.ts";
import { until } from "../helpers/wait.ts";
import { type Runtime, testInTurn } from "../helpers/runtimes.ts";
import { ROOT } from "../tools.ts";
import { App, askOnce, freePort } from "./app.ts";
import { run } from "./processes.ts";

function echo(port: number): string {
  return `export default { listen: "text://127.0.0.1:${port}", workers: 1,
    onMessage: (connection, line) => void connection.send(line) };`;
}

/**
 * A copy of Goer's own code: the command that runs it, and a module that only a supervisor loads.
 */
async function copyOfGoer({ name, path }: Runtime, folder: string) {
  const copy = `${folder}/goer`;
  if (name !== "deno") {
    await run(["cp", "-r", DIST, copy]);
    for await (const file of Deno.readDir(copy)) {
      if (!file.name.startsWith("start-")) continue;
      return { command: [path, `${copy}/goer.js`], own: `${copy}/${file.name}` };
    }
    throw new Error(`there is no supervisor in ${DIST}`);
  }
  await Deno.mkdir(copy);
  const files = ["src", "protocols", "cli.ts", "mod.ts", "deno.json", "deno.lock"];
  await run(["cp", "-r", ...files.map((file) => ROOT + file), copy]);
  const flags = ["run", "-A", "--no-check", `--config=${copy}/deno.json`];
  return { command: [path, ...flags, `${copy}/cli.ts`], own: `${copy}/src/cli/start.ts` };
}

testInTurn("an upgrade to broken code changes nothing", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, echo(port));
  const { command, own } = await copyOfGoer(runtime, app.folder);
  const place = [app.module, `--runtime-dir=${app.folder}/run`];
  const started = await app.run([...command, "start", ...place, "--daemon"]);
  assertEquals(started.code, 0, started.error);
  const { pid } = await app.status();
  await Deno.writeTextFile(own, `throw new Error("half of it is missing");`);
  const { code, error } = await app.command("upgrade");
  assertEquals(code, 1);
  assertStringIncludes(error, "cannot take over");
  assertEquals(await askOnce(port, "x"), "x");
  const after = await app.status();
  assertEquals([after.pid, after.upgrades, after.workers.length > 0], [pid, 0, true]);
});

/** A full disk at `path`; `undefined` if this user may not mount one. */
async function fullDisk(path: string): Promise<AsyncDisposable | undefined> {
  const options = ["-t", "tmpfs", "-o", "size=64k,mode=700", "none", path];
  await Deno.mkdir(path);
  if ((await run(["mount", ...options])).code !== 0) return undefined;
  return { [Symbol.asyncDispose]: async () => void await run(["umount", "--lazy", path]) };
}

const NO_MOUNT = await (async () => {
  const folder = await Deno.makeTempDir();
  await using disk = await fullDisk(`${folder}/disk`);
  return disk === undefined ? "this user may not mount a small disk" : undefined;
})();

testInTurn("an upgrade on a full disk changes nothing", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, echo(port));
  const runtimeDirectory = `${app.folder}/run`;
  await using _disk = await fullDisk(runtimeDirectory);
  await app.start(`--log-file=${app.folder}/log`);
  const { pid } = await app.status();
  const filler = `${runtimeDirectory}/filler`;
  await Deno.writeFile(filler, new Uint8Array(128 * 1024)).catch(() => {});
  assertEquals((await app.command("upgrade")).code, 1);
  assertEquals(await askOnce(port, "x"), "x");
  await until("the control socket", async () => (await app.status()).pid === pid);
  await Deno.remove(filler);
  assertEquals((await app.command("upgrade")).code, 0);
  assertEquals(await askOnce(port, "x"), "x");
  await app.command("stop");
}, NO_MOUNT);
