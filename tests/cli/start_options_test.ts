/** Options of `goer start` that concern the app: its arguments, address and environment. */

import { assertEquals, assertThrows } from "@std/assert";
import { readArguments } from "../../src/cli/arguments.ts";
import { UsageError } from "../../src/cli/words.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { App, freePort } from "../supervisor/app.ts";

testOnEach(
  "an app gets its arguments, address and environment, also after a reload",
  async (runtime) => {
    await using app = await App.write(
      runtime,
      `import process from "node:process";
     export default {
       listen: "http://localhost:1",
       fetch: () => Response.json(process.argv.slice(2)),
     };`,
    );
    const port = freePort();
    const words = ["--verbose", "--", "-w", "two words", ""];
    await app.start("--port", `${port}`, "--hostname=127.0.0.1", "--", ...words);
    const answer = async () => await (await fetch(`http://127.0.0.1:${port}`)).json();
    assertEquals(await answer(), words);
    await app.ask("reload");
    assertEquals(await answer(), words);
  },
);

testOnEach("an app that calls runAll gets its arguments", async (runtime) => {
  await using app = await App.write(runtime, "");
  const port = freePort();
  await app.rewrite(
    `import process from "node:process";
     import { runAll } from "${app.goer}";
     await runAll({
       listen: "http://127.0.0.1:1",
       fetch: () => Response.json(process.argv.slice(2)),
     });`,
  );
  const { code, error } = await app.run(
    app.ownWords("start", "-d", `--port=${port}`, "--", "--now"),
  );
  assertEquals([code, error], [0, ""]);
  assertEquals(await (await fetch(`http://127.0.0.1:${port}`)).json(), ["--now"]);
});

Deno.test("only start passes what is after -- to the app", () => {
  const { operand, appArguments } = readArguments(["start", "app.ts", "--", "-x", "--"]);
  assertEquals([operand, appArguments], ["app.ts", ["-x", "--"]]);
  const stop = readArguments(["stop", "--", "-app.ts"]);
  assertEquals([stop.operand, stop.appArguments], ["-app.ts", []]);
});

Deno.test("--port and --hostname are checked", () => {
  const read = (...words: string[]) => readArguments(["start", "app.ts", ...words]).place;
  assertEquals(read("--port", "0", "--hostname", "[::1]"), {
    listen: undefined,
    hostname: "::1",
    port: "0",
  });
  for (const port of ["65536", "http", "-1", "1.5"]) {
    assertThrows(() => read(`--port=${port}`), UsageError, `got "${port}"`);
  }
  assertThrows(() => read("--listen=80", "--port=81"), UsageError, "not both: got --listen 80");
});
