/** `logFormat: "json"` and `logger`. */

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { Goer, GoerError } from "../../mod.ts";
import { testInTurn } from "../helpers/runtimes.ts";
import { until } from "../helpers/wait.ts";
import { App, askOnce, freePort } from "./app.ts";

/** What the app does with each line. */
const HANDLER = `
  if (line === "throw") throw new Error("it broke\\n\\x1b[2J", { cause: new TypeError("the cause") });
  if (line === "console") console.warn("two\\nlines", new RangeError("too much"));
  if (line === "raw") process.stdout.write('plain\\n{"level":30,"msg":"from pino"}\\n');
  if (line === "hostile") console.log(new Proxy({}, { getPrototypeOf() { throw 1; } }));
  if (line === "long") console.log("\\x1b".repeat(2_000_000));
  connection.send("ok");`;

interface Line extends Record<string, unknown> {
  message: string;
  error?: { name: string; message: string; stack: string; cause?: { message: string } };
}

async function lines(app: App): Promise<Line[]> {
  return (await app.log()).split("\n").filter((line) => line !== "").map((line) =>
    JSON.parse(line)
  );
}

testInTurn('logFormat: "json" writes one object per line', async (runtime, context) => {
  const port = freePort();
  await using app = await App.write(
    runtime,
    `import process from "node:process";
    export default { name: "shop", listen: "text://127.0.0.1:${port}", logFormat: "json",
      onMessage(connection, line) { ${HANDLER} } };`,
  );
  await app.start();
  for (const line of ["throw", "console", "raw"]) await askOnce(port, line).catch(() => {});
  for (const line of ["hostile", "long"]) assertEquals(await askOnce(port, line), "ok");
  await until("the last line", async () => (await app.log()).includes("\\u001b\\u001b…"));
  const written = await lines(app);
  const find = (test: (line: Line) => boolean) => written.find(test) ?? { message: "none" };
  await context.step("every line has a time, a level and a message", () => {
    const own = written.filter(({ msg }) => msg === undefined);
    assert(own.every(({ time, level, message }) => {
      return /^\d{4}-.*Z$/.test(`${time}`) && /^(debug|info|warn|error)$/.test(`${level}`) &&
        typeof message === "string";
    }));
  });
  await context.step("a handler's error has its service, connection, stack and cause", () => {
    const { level, worker, service, connection, message, error } = find((one) => "service" in one);
    assertEquals([level, worker, service, typeof connection], ["error", 1, "shop", "number"]);
    assertMatch(message, /^onMessage failed for 127\.0\.0\.1:\d+: it broke\\u000a\\u001b\[2J$/);
    assertMatch(error!.cause!.message, /^it broke/);
    assert(JSON.stringify(error).includes("the cause"));
    assertMatch(JSON.stringify(error), /app\.mjs:\d+/);
  });
  await context.step("an error passed to the console is separate from the message", () => {
    const { level, message, error } = find(({ message }) => message?.startsWith("two"));
    assertEquals([level, message, error?.name], ["warn", "two\nlines too much", "RangeError"]);
  });
  await context.step("direct output becomes JSON, unless it is", () => {
    const { level, worker } = find(({ message }) => message === "plain");
    assertEquals([level, worker], ["info", 1]);
    assertEquals(written.filter(({ msg }) => msg === "from pino").length, 1);
  });
  await context.step("goer logs reads it", async () => {
    const { out } = await app.command("logs", "--level=warn", "--worker=1");
    const levels = out.trimEnd().split("\n").map((line) => JSON.parse(line).level);
    assertEquals(levels.toSorted(), ["error", "warn"]);
  });
  await context.step("a new supervisor and new workers continue with it", async () => {
    assertEquals((await app.command("upgrade")).code, 0);
    await askOnce(port, "console");
    await until("the line", async () => {
      return (await lines(app)).filter(({ message }) => message?.startsWith("two")).length === 2;
    });
  });
});

testInTurn("logger receives the errors of a service, with their origin", async (runtime) => {
  const port = freePort();
  await using app = await App.write(
    runtime,
    `export default { name: "shop", listen: "text://127.0.0.1:${port}",
      logger: ({ time, level, worker, service, connection, message, error }) => {
        if (message.includes("twice")) throw new Error("the logger fails, too");
        const about = [time instanceof Date, level, worker, service, typeof connection];
        console.log("logger:", JSON.stringify([...about, message, error.cause.message]));
      },
      onMessage(connection, line) { throw new Error(line); } };`,
  );
  await app.start();
  for (const line of ["once", "twice"]) await askOnce(port, line).catch(() => {});
  await until("the second error", async () => (await app.log()).includes("fails, too"));
  const text = await app.log();
  const given = JSON.parse(/logger: (.*)$/m.exec(text)![1]);
  assertEquals(given.toSpliced(5, 1), [true, "error", 1, "shop", "number", "once"]);
  assertMatch(given[5], /^onMessage failed for 127\.0\.0\.1:\d+: once$/);
  assertEquals(text.match(/ error worker 1: .*once$/m), null);
  assertMatch(text, / error worker 1: GoerError GOER_HANDLER: onMessage failed for .*: twice$/m);
});

Deno.test("logFormat is text or json", () => {
  const error = assertThrows(
    () => new Goer("text://:0", { logFormat: "xml" as "json" }),
    GoerError,
    "xml",
  );
  assertEquals([error.code, error.option], ["GOER_INVALID_ARGUMENT", "logFormat"]);
});

Deno.test("logger receives the errors of a service that listens in this process", async () => {
  const records: unknown[] = [];
  await using service = await new Goer("text://127.0.0.1:0", {
    name: "shop",
    logger: ({ level, service, worker }) => records.push([level, service, worker]),
    onMessage: () => Promise.reject(new Error("no")),
  }).listen();
  const port = Number(new URL(service.address).port);
  await askOnce(port, "hello").catch(() => {});
  assertEquals(records, [["error", "shop", undefined]]);
});

testInTurn("--log-format json wins over the app, from the first line on", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, "syntax (");
  await using start = app.spawn("start", "--log-format=json");
  assertEquals(await start.ended(), 1);
  const failed = start.output.trim().split("\n").map((line) => JSON.parse(line));
  // The error is written once, with the place in the app, and without the runtime's own lines.
  assertEquals(failed.map(({ level }) => level), ["error"], start.output);
  assertMatch(failed[0].message, /app\.mjs:1:\d+|app\.mjs:\d+\n/);
  assert(!/node:|Bun v|Node\.js v|\n\n/.test(failed[0].message), failed[0].message);
  await app.rewrite(
    `export default { listen: "text://127.0.0.1:${port}", logFormat: "text", onMessage() {} };`,
  );
  await using again = app.spawn("start", "--log-format=json");
  await again.printed("serving");
  again.signal("SIGTERM");
  assertEquals(await again.ended(), 0);
  const written = again.output.trim().split("\n").map((line) => JSON.parse(line));
  assert(written.every(({ level }) => level === "info"), again.output);
});
