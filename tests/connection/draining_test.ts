/** How connections leave a worker that is replaced, and a service that limits their age. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { testInTurn } from "../helpers/runtimes.ts";
import { App, askOnce, freePort } from "../supervisor/app.ts";
import { RawClient } from "../websocket/client.ts";
import { CLOSE, close, closeCode } from "../websocket/frames.ts";

const CLIENTS = 12;

/** Reads until the peer ends, and returns all of it as text. */
async function rest(connection: Deno.Conn): Promise<string> {
  return await new Response(connection.readable).text();
}

async function request(port: number, path: string): Promise<Deno.Conn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const head = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  await connection.write(new TextEncoder().encode(head));
  return connection;
}

/** Waits for the closing handshake of a client, and calls `closed` as it begins. */
async function untilClosed(client: RawClient, closed: () => void): Promise<number | undefined> {
  const frame = (await client.frame())!;
  closed();
  await client.write(close(1012));
  await client.frame();
  return frame.opcode === CLOSE ? closeCode(frame) : undefined;
}

testInTurn("WebSocket clients are closed one after another over a reload", async (runtime) => {
  const port = freePort();
  await using app = await App.write(
    runtime,
    `export default { listen: "ws://127.0.0.1:${port}", reloadTimeout: 6000, onMessage() {} };`,
  );
  await app.start();
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, () => RawClient.open(port)),
  );
  assertEquals((await app.command("reload")).code, 0);
  let open = CLIENTS;
  const seen = new Set<number>();
  const codes = clients.map((client) => untilClosed(client, () => seen.add(--open)));
  // A client that reconnects when it is closed sees that others are not closed yet.
  await Promise.race(codes);
  assert(open > 0, "all were closed at once");
  assertEquals(new Set(await Promise.all(codes)), new Set([1012]));
  assertEquals(seen.size, CLIENTS);
  for (const client of clients) client[Symbol.dispose]();
});

testInTurn(
  "a response is finished over a reload, and a stream of events is closed in its turn",
  async (runtime) => {
    const port = freePort();
    await using app = await App.write(runtime, "");
    const gate = `${app.folder}/gate`;
    await app.rewrite(`
      import { existsSync } from "node:fs";
      const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));
      const stream = (type, isOver) => new Response(new ReadableStream({
        async pull(controller) {
          await pause(50);
          controller.enqueue(new TextEncoder().encode("data: more\\n\\n"));
          if (isOver()) controller.close();
        },
      }), { headers: { "content-type": type } });
      export default { listen: "http://127.0.0.1:${port}", reloadTimeout: 20_000,
        drain: { start: 100, rate: 100 },
        fetch: (request) => request.url.endsWith("/download")
          ? stream("text/plain", () => existsSync("${gate}"))
          : stream("text/event-stream", () => false) };`);
    await app.start();
    const download = await request(port, "/download");
    const events = await request(port, "/events");
    assertEquals((await app.command("reload")).code, 0);
    const body = rest(download);
    assertMatch(await rest(events), /data: more/);
    await Deno.writeTextFile(gate, "");
    assertMatch(await body, /\r\n0\r\n\r\n$/);
  },
);

testInTurn("a connection that is old enough is closed as at a reload", async (runtime) => {
  const [webSocket, http, text] = [freePort(), freePort(), freePort()];
  const source = `
    const all = { maxConnectionAge: 500 };
    export default [
      { ...all, listen: "ws://127.0.0.1:${webSocket}", onMessage() {} },
      { ...all, listen: "http://127.0.0.1:${http}",
        onMessage: (connection) => void connection.send("hello") },
      { ...all, listen: "text://127.0.0.1:${text}",
        onMessage: (connection, line) => void connection.send(line) },
    ];`;
  await using app = await App.write(runtime, source);
  await app.start();
  using client = await RawClient.open(webSocket);
  const code = untilClosed(client, () => {});
  assertMatch(await rest(await request(http, "/")), /hello$/);
  assertEquals(await code, 1012);
  assertEquals(await rest(await Deno.connect({ hostname: "127.0.0.1", port: text })), "");
  assertEquals(await askOnce(text, "others are served"), "others are served");
});
