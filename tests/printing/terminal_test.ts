/** Text of peers, apps and workers, where an administrator reads it. */

import { until } from "../helpers/wait.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { bytesOf } from "../helpers/session_harness.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { Socket } from "../helpers/socket.ts";
import { App, askOnce, freePort } from "../supervisor/app.ts";
import { HOSTILE, unprintable } from "./unprintable.ts";

testOnEach(
  "handler errors and client requests are printed safely",
  async (runtime) => {
    await using served = await serve<string[]>(runtime, "tests/printing/fixtures/failing.ts");
    const [silent, reporting, rejecting, timing, ...logging] = served.ready;
    for (const address of [silent, reporting, rejecting, timing]) {
      using socket = await Socket.connect(address);
      await socket.send(`${HOSTILE}\n`);
      await socket.ending();
    }
    const latin1 = "\x9b2J\x85\x80\x9f\xff";
    for (const address of logging) {
      using socket = await Socket.connect(address);
      const fields = `Referer: ${latin1}\r\nUser-Agent: ${latin1}\r\nConnection: close`;
      await socket.send(bytesOf(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n`));
      await socket.receiveAll();
      assertEquals(unprintable(await served.line()), []);
    }
    await served.stop();
    assertEquals(unprintable(served.stderr), []);
    assertStringIncludes(served.stderr, "\\u001b[2J\\u009b2J");
  },
);

testOnEach("commands and the log print foreign text safely", async (runtime, context) => {
  const port = freePort();
  const name = JSON.stringify(`shop${HOSTILE}\nof`);
  const source = `const name = ${name};
    export default { name, listen: "text://127.0.0.1:${port}", workers: 1, stopTimeout: 1000,
      onMessage(connection, line) {
        console.log(line);
        if (line.startsWith("throw")) throw new Error(line);
        connection.send("ok");
      } };`;
  await using app = await App.write(runtime, source);
  const printed = async (command: string, ...words: string[]) => {
    const { out, error } = await app.command(command, ...words);
    assertEquals([command, unprintable(out + error)], [command, []]);
    return out + error;
  };
  await printed("start", "-d");
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await context.step("status and connections", async () => {
    for (const command of ["status", "connections"]) {
      const text = await printed(command);
      assertStringIncludes(text, "shop\\u001b[2J\\u009b2J");
      assertStringIncludes(text, "\\u000aof ");
      assert((await printed(command, "--json")).includes(JSON.stringify("shop\x1b").slice(1, -1)));
    }
  });
  await context.step("the log", async () => {
    await askOnce(port, HOSTILE);
    await askOnce(port, `throw ${HOSTILE}`).catch(() => {});
    await until("the error", async () => {
      return (await app.log()).includes("Error: throw \\u001b[2J");
    });
    assertEquals(unprintable(await app.log()), []);
  });
  await context.step("a reload that fails", async () => {
    await app.rewrite(`throw new Error(${name});`);
    assertStringIncludes(await printed("reload"), "shop\\u001b[2J");
    assertStringIncludes(await printed("reload", "--json"), "\\u001b[2J");
  });
  connection.close();
});
