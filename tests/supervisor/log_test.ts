import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { testInTurn } from "../helpers/runtimes.ts";
import { App, askOnce, freePort } from "./app.ts";
import { run } from "./processes.ts";

function talkative(port: number, address = `text://127.0.0.1:${port}`): string {
  return `export default { listen: "${address}", stopTimeout: 1000,
    onMessage(connection, line) {
      console.log("heard", { line });
      connection.send(line);
    } };`;
}

testInTurn("reopen reopens the log file, also for workers", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, talkative(port));
  await app.start();
  await askOnce(port, "one");
  const path = `${app.folder}/run/goer.log`;
  await Deno.rename(path, `${path}.1`);
  const reopened = await app.command("reopen");
  assertEquals([reopened.code, reopened.out], [0, `opened ${path} again\n`]);
  await until("the new file", () => Deno.stat(path).then(() => true, () => false));
  await until("a line of the worker in it", async () => {
    await askOnce(port, "two");
    return (await app.log()).includes("two");
  });
  await app.command("reload");
  assertMatch(await app.log(), /^\S+Z info worker 1: heard \{ line: ['"]two['"] \}$/m);
  assertMatch(await app.log(), /^\S+Z info supervisor: reloaded$/m);
  const before = await Deno.readTextFile(`${path}.1`);
  assertStringIncludes(before, "one");
  assertEquals(before.includes("reloaded"), false);
});

/** A separate, full disk. */
class FullDisk implements AsyncDisposable {
  private constructor(readonly folder: string) {}

  static async mount(): Promise<FullDisk> {
    const folder = await Deno.makeTempDir();
    const { code, error } = await run(["mount", "-t", "tmpfs", "-o", "size=8k", "none", folder]);
    if (code !== 0) throw new Error(error);
    await Deno.writeFile(`${folder}/filler`, new Uint8Array(4096));
    return new FullDisk(folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run(["umount", "--lazy", this.folder]);
    await Deno.remove(this.folder);
  }
}

const NO_MOUNT = await FullDisk.mount().then(
  async (disk) => {
    await disk[Symbol.asyncDispose]();
    return undefined;
  },
  () => "this user may not mount a small disk",
);

testInTurn("a full disk for the log stops nothing", async (runtime) => {
  await using disk = await FullDisk.mount();
  const port = freePort();
  await using app = await App.write(runtime, talkative(port));
  const log = `${disk.folder}/log`;
  await app.start(`--log-file=${log}`);
  await until("no room", async () => {
    await askOnce(port, "x".repeat(100));
    return await Deno.writeFile(`${disk.folder}/more`, new Uint8Array(1), { append: true })
      .then(() => false, () => true);
  });
  const { size } = await Deno.stat(log);
  for (let line = 0; line < 50; line++) assertEquals(await askOnce(port, "x"), "x");
  assertEquals((await app.command("reload")).code, 0);
  Deno.kill((await app.status()).workers.at(-1)!.pid, "SIGKILL");
  await until("the new worker", () => askOnce(port, "y").then(() => true, () => false));
  assert((await Deno.stat(log)).size <= size + 4096);
  assertEquals((await app.command("stop")).code, 0);
}, NO_MOUNT);

testInTurn("a log file that cannot be opened is an error, and nothing starts", async (runtime) => {
  await using app = await App.write(runtime, talkative(0));
  for (const words of [["-d"], []]) {
    const { code, error } = await app.command("start", "--log-file=/nowhere/log", ...words);
    assertEquals(code, 1);
    assertMatch(error, /^goer: Cannot open the log file: \/nowhere\/log/);
  }
  await app.rewrite(talkative(0).replace("{ listen", "{ logFile: '/nowhere/log', listen"));
  const { code, error } = await app.command("start", "-d");
  assertEquals(code, 1);
  assertStringIncludes(error, "Cannot open the log file: /nowhere/log");
  assertEquals((await app.command("status")).code, 3);
});
