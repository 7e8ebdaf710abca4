import { assertEquals, assertMatch } from "@std/assert";
import { errorText } from "../../src/error_text.ts";
import { foldFrames, foldStack, withoutForeignFrames } from "../../src/stack_frames.ts";
import { LoaderOutput } from "../../src/supervisor/workers/loader_output.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { until } from "../helpers/wait.ts";
import { App, askOnce, freePort } from "../supervisor/app.ts";

const OWN = new URL("../../src/connection/stream.ts", import.meta.url).href;

Deno.test("foldFrames keeps the lines of your code and counts the others", () => {
  const yours = "    at onMessage (file:///srv/app.ts:4:32)";
  const others = [`    at handle (${OWN}:1:2)`, "    at emit (node:events:5:1)"];
  assertEquals(foldFrames(["    at JSON.parse (<anonymous>)", yours, ...others]), [
    yours,
    "    … 3 lines in Goer and the runtime",
  ]);
  assertEquals(foldFrames([yours]), [yours]);
});

Deno.test("foldStack shows everything if nothing is of your code", () => {
  const stack = `Error: x\n    at handle (${OWN}:1:2)`;
  assertEquals(foldStack(stack), stack);
});

Deno.test("an error of loading the app has no lines of Goer and the runtime", () => {
  const yours = ["Error: Cannot find module", "    at file:///srv/app.ts:4:32"];
  const others = [
    `    at runLoaded (${OWN}:1:2)`,
    "    at resolve (node:internal/modules/esm/resolve:1:2)",
    "    at resolve (data:text/javascript,const%20urls%20%3D:3:73)",
  ];
  assertEquals(withoutForeignFrames([...yours, ...others]), yours);
});

Deno.test("the last lines of a process that loads the app are its reason, or are logged", () => {
  const logged: string[] = [];
  const output = new LoaderOutput((line) => void logged.push(line));
  output.print("loading");
  output.flush();
  for (
    const line of ["/srv/app.mjs:2", "", "SyntaxError: no", "    at x (node:a:1)", "", "Bun v1.4.5"]
  ) {
    output.print(line);
  }
  assertEquals(output.takeReason(), "loading\n/srv/app.mjs:2\nSyntaxError: no");
  assertEquals(logged, ["loading"]);
});

Deno.test("errorText shows all lines of an error that only Goer is in", () => {
  const error = new Error("x");
  error.stack = `Error: x\n    at handle (${OWN}:1:2)`;
  assertEquals(errorText(error), error.stack);
});

testOnEach("a handler's mistake is logged with your file first", async (runtime) => {
  const port = freePort();
  await using app = await App.write(
    runtime,
    `export default { listen: "text://127.0.0.1:${port}", onMessage(connection) {
      connection.nothing.at.all();
    } };`,
  );
  await app.start();
  await askOnce(port, "hello").catch(() => {});
  await until("the error", async () => (await app.log()).includes("in Goer and the runtime"));
  const lines = (await app.log()).split("\n").filter((line) => line.includes(" error "));
  assertEquals(lines.length, 4);
  assertMatch(lines[2], /app\.mjs:2:\d+/);
});
