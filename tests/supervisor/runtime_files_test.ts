import { assertEquals, assertStringIncludes } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { namesIn } from "../helpers/unix_sockets.ts";
import { App, askOnce, freePort } from "./app.ts";
import { run } from "./processes.ts";

const NOT_ROOT = Deno.uid() === 0 ? undefined : "it takes root";

function echo(port: number): string {
  return `export default { listen: "text://127.0.0.1:${port}", stopTimeout: 1000,
    onMessage: (connection, line) => void connection.send(line) };`;
}

testOnEach(
  "a start on a full disk fails with a reason and leaves nothing behind",
  async (runtime) => {
    await using app = await App.write(runtime, echo(freePort()));
    const folder = `${app.folder}/run`;
    await Deno.mkdir(folder);
    const mounted = await run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "none", folder]);
    assertEquals(mounted.code, 0, mounted.error);
    try {
      await Deno.writeFile(`${folder}/filler`, new Uint8Array(65_536));
      const { code, error } = await app.command("start");
      assertEquals(code, 1);
      assertStringIncludes(error, `Cannot write the pid file: ${folder}/goer.pid`);
      assertEquals(error.trim().split("\n").length, 1, error);
      assertEquals(await namesIn(folder), ["filler"]);
    } finally {
      await run(["umount", folder]);
    }
  },
  NOT_ROOT,
);

testOnEach(
  "a directory at the path of the pid file is named, and nothing else",
  async (runtime) => {
    await using app = await App.write(runtime, echo(freePort()));
    await Deno.mkdir(`${app.folder}/run`, { mode: 0o700 });
    await Deno.mkdir(`${app.folder}/run/goer.pid`);
    for (const [command, expected] of [["start", 1], ["status", 3], ["stop", 3]] as const) {
      const { code, error } = await app.command(command);
      assertEquals([command, code, error.trim().split("\n").length], [command, expected, 1]);
    }
    assertEquals(await namesIn(`${app.folder}/run`), ["goer.pid"]);
  },
);

testOnEach("a supervisor continues if its files are replaced by directories", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, echo(port));
  await app.start();
  const before = await app.workers();
  const files = ["goer.pid", "control.sock"].map((name) => `${app.folder}/run/${name}`);
  for (const file of files) {
    await Deno.remove(file);
    await Deno.mkdir(file);
  }
  await until("a complaint", async () => (await app.log()).includes("Cannot restore"));
  assertEquals(await askOnce(port, "x"), "x");
  for (const file of files) await Deno.remove(file);
  await until("the control socket", () => app.status().catch(() => undefined));
  assertEquals(await app.workers(), before);
});
