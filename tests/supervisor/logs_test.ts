/** `goer logs` and `goer list`. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { testInTurn } from "../helpers/runtimes.ts";
import { until } from "../helpers/wait.ts";
import { App, askOnce, freePort } from "./app.ts";

testInTurn("logs shows the end of the log, and follows it", async (runtime, context) => {
  const port = freePort();
  await using app = await App.write(
    runtime,
    `export default { listen: "text://127.0.0.1:${port}", onMessage(connection, line) {
      if (line === "warn") console.warn("be careful");
      else console.log("got " + line);
      connection.send("ok");
    } };`,
  );
  await app.start();
  for (const line of ["one", "two", "warn"]) await askOnce(port, line);
  await until("the log", async () => (await app.log()).includes("be careful"));
  const lines = async (...words: string[]) => {
    const { code, out } = await app.command("logs", ...words);
    assertEquals(code, 0);
    return out.trimEnd().split("\n").map((line) => line.replace(/^\S+ /, ""));
  };
  await context.step("-n shows the last lines", async () => {
    assertEquals(await lines("-n2"), ["info worker 1: got two", "warn worker 1: be careful"]);
  });
  await context.step("--level and --worker show some of them", async () => {
    assertEquals(await lines("--level", "warn"), ["warn worker 1: be careful"]);
    assert((await lines("--worker=1")).every((line) => line.includes(" worker 1: ")));
    assertEquals(await lines("--worker=2"), [""]);
  });
  await context.step("-f continues, also after the file was rotated", async () => {
    await using following = app.spawn("logs", "-f", "-n1");
    await following.printed("be careful");
    await askOnce(port, "three");
    await following.printed("got three");
    await Deno.rename(`${app.folder}/run/goer.log`, `${app.folder}/run/old.log`);
    assertEquals((await app.command("reopen")).code, 0);
    await askOnce(port, "four");
    await following.printed("got four");
    following.signal("SIGINT");
    assertEquals(await following.ended(), 0);
  });
});

testInTurn("list shows the running apps of this user", async (runtime) => {
  const port = freePort();
  await using app = await App.write(
    runtime,
    `export default { listen: "text://127.0.0.1:${port}" };`,
  );
  await Deno.mkdir(`${app.folder}/goer`, { mode: 0o700 });
  app.options = { environment: { XDG_RUNTIME_DIR: app.folder } };
  const list = async (...words: string[]) => {
    const words_ = app.words("list").slice(0, -2);
    return (await app.run([...words_, ...words])).out;
  };
  assertEquals(await list(), `No app runs in ${app.folder}/goer\n`);
  const start = app.words("start", "-d").filter((word) => !word.startsWith("--runtime-dir"));
  assertEquals((await app.run(start)).code, 0);
  try {
    assertStringIncludes(await list(), `text://127.0.0.1:${port}`);
    const [one] = JSON.parse(await list("--json"));
    assertEquals([one.app, one.phase], [app.module, "running"]);
  } finally {
    const stop = app.words("stop", "--now").filter((word) => !word.startsWith("--runtime-dir"));
    assertEquals((await app.run(stop)).code, 0);
  }
});
