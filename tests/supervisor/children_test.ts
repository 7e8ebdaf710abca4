import { assertEquals, assertStringIncludes } from "@std/assert";
import { testOnEach } from "../helpers/runtimes.ts";
import { VERSION } from "../../src/version.ts";
import { App, askOnce, freePort, goerCommand } from "./app.ts";

/** A service whose handler runs the command that it receives, and responds with its output. */
function runner(port: number): string {
  return `
    import { spawnSync } from "node:child_process";
    export default { listen: "text://127.0.0.1:${port}", onMessage(connection, line) {
      const { words, native } = JSON.parse(line);
      const { stdout, stderr } = native && globalThis.Bun
        ? Bun.spawnSync(words)
        : spawnSync(words[0], words.slice(1));
      connection.send(JSON.stringify(String(stdout) + String(stderr)));
    } };`;
}

testOnEach(
  "a process that a handler starts does not inherit the role of its worker",
  async (runtime) => {
    const port = freePort();
    await using app = await App.write(runtime, runner(port));
    app.options = { environment: { LISTEN_FDS: "no number", KEPT: "kept" } };
    await app.start("--allow=run");
    const inWorker = async (words: string[], native = false) =>
      JSON.parse(await askOnce(port, JSON.stringify({ words, native }))) as string;
    const environment = await inWorker(["env"]);
    assertEquals(environment.match(/^(GOER|LISTEN)_.*/gm), null);
    assertStringIncludes(environment, "KEPT=kept");
    const [worker] = await app.workers();
    for (const native of [false, true]) {
      const version = await inWorker([...goerCommand(runtime), "--version"], native);
      assertStringIncludes(version, VERSION);
      const status = await inWorker(app.words("status", "--json"), native);
      const { workers } = JSON.parse(status);
      // The worker is busy with this handler, and has not been replaced.
      assertEquals(workers.map((one: { pid: number }) => one.pid), [worker]);
    }
    const { workers } = await app.status();
    assertEquals(workers.map(({ pid, state }) => [pid, state]), [[worker, "ready"]]);
  },
);
