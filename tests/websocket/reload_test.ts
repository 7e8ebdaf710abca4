/** WebSocket connections during a reload, with real workers. */

import { assertEquals } from "@std/assert";
import { testInTurn, testOnEach } from "../helpers/runtimes.ts";
import { App, freePort } from "../supervisor/app.ts";
import { RawClient } from "./client.ts";
import { CLOSE, close, closeCode, text, textOf } from "./frames.ts";

/** An echo that includes the version of its code. */
function echo(port: number, version: string): string {
  return `
    export default {
      listen: "ws://127.0.0.1:${port}",
      workers: 1,
      reloadTimeout: 4000,
      onMessage: (connection, message) => { connection.send("${version} " + message) },
    };`;
}

async function ask(client: RawClient, message: string): Promise<string> {
  await client.write(text(message));
  return textOf((await client.frame())!.payload);
}

testInTurn(
  "a connection continues after a reload until its time is up, then gets 1012",
  async (runtime) => {
    const port = freePort();
    await using app = await App.write(runtime, echo(port, "old"));
    await app.start();
    using early = await RawClient.open(port);
    assertEquals(await ask(early, "hello"), "old hello");
    await app.rewrite(echo(port, "new"));
    const { code, error } = await app.command("reload");
    assertEquals([code, error], [0, ""]);
    assertEquals(await ask(early, "still there?"), "old still there?");
    using late = await RawClient.open(port);
    assertEquals(await ask(late, "hello"), "new hello");
    const last = (await early.frame())!;
    assertEquals([last.opcode, closeCode(last)], [CLOSE, 1012]);
    await early.write(close(1012));
    assertEquals(await early.frame(), undefined);
    assertEquals(await ask(late, "and you?"), "new and you?");
  },
);

testOnEach("connections get 1012 when the service stops", async (runtime) => {
  const port = freePort();
  const source = echo(port, "only").replace("reloadTimeout: 4000", "stopTimeout: 500");
  await using app = await App.write(runtime, source);
  await app.start();
  using client = await RawClient.open(port);
  assertEquals(await ask(client, "hello"), "only hello");
  const stopping = app.command("stop");
  const last = (await client.frame())!;
  assertEquals([last.opcode, closeCode(last)], [CLOSE, 1012]);
  await client.write(close(1012));
  assertEquals(await client.frame(), undefined);
  assertEquals((await stopping).code, 0);
});
