/** Control frames while messages wait, and peers that read slowly, on each runtime. */

import { assert, assertEquals } from "@std/assert";
import { inTime } from "../helpers/wait.ts";
import { type Runtime, testOnEach } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { Socket } from "../helpers/socket.ts";
import { handshake, portOf, RawClient } from "./client.ts";
import { CLOSE, close, frame, joined, PING, PONG, text } from "./frames.ts";

/** The running fixture. */
interface Waiting {
  waiting: number;
  sending: string;
  line(): Promise<string>;
  /** Bytes read by the waiting service, and connections of the other. */
  ask(line: "go" | "count"): Promise<[read: number, open: number]>;
}

async function withWaiting(runtime: Runtime, body: (app: Waiting) => Promise<void>) {
  const fixture = "tests/websocket/fixtures/waiting.ts";
  await using served = await serve<string[]>(runtime, fixture);
  using control = await Socket.connect(served.ready[2]);
  await body({
    waiting: portOf(served.ready[0]),
    sending: served.ready[1],
    line: () => served.line(),
    async ask(line) {
      await control.send(`${line}\n`);
      const [read, open] = (await control.line()).split(" ").map(Number);
      return [read, open];
    },
  });
}

function ping(data: string): Uint8Array<ArrayBuffer> {
  return frame({ opcode: PING, payload: data });
}

/** The data of the next frame, which is of this kind. */
async function next(client: RawClient, opcode: number): Promise<string> {
  const received = await inTime(client.frame(), "A frame");
  assertEquals(received?.opcode, opcode);
  return new TextDecoder("latin1").decode(received!.payload);
}

testOnEach("pings are answered once while messages wait for a handler", async (runtime) => {
  await withWaiting(runtime, async (app) => {
    using client = await RawClient.open(app.waiting);
    await client.write(joined([text("wait"), ping("one"), text("second"), ping("two")]));
    assertEquals(await app.line(), "message wait");
    assertEquals(await next(client, PONG), "one");
    assertEquals(await next(client, PONG), "two");
    // After a large message, a frame that arrives in pieces.
    await client.write(text("x".repeat(300_000)));
    const [head, tail] = [ping("three").slice(0, 4), ping("three").slice(4)];
    await client.write(head);
    await app.ask("count");
    await client.write(tail);
    assertEquals(await next(client, PONG), "three");
    await app.ask("go");
    await client.write(joined([ping("four"), text("answer")]));
    assertEquals(await next(client, PONG), "four");
    assertEquals(await next(client, 1), "answer");
    assertEquals(await app.line(), "message second");
    assertEquals(await app.line(), "message xxxxxxxx");
    assertEquals(await app.line(), "message answer");
  });
});

testOnEach("pings are answered while the application has paused", async (runtime) => {
  await withWaiting(runtime, async (app) => {
    using client = await RawClient.open(app.waiting);
    await client.write(text("pause"));
    assertEquals(await app.line(), "message pause");
    await client.write(joined([text("later"), ping("paused")]));
    assertEquals(await next(client, PONG), "paused");
  });
});

testOnEach(
  "a close frame is answered while messages wait, and they are still handled",
  async (runtime) => {
    await withWaiting(runtime, async (app) => {
      using client = await RawClient.open(app.waiting);
      await client.write(joined([text("wait"), text("answer"), text("last"), close(4001, "done")]));
      assertEquals(await next(client, CLOSE), "\x0f\xa1");
      assertEquals(await app.line(), "message wait");
      await app.ask("go");
      assertEquals(await app.line(), "message answer");
      assertEquals(await app.line(), "closed", "what cannot be sent any more is not called sent");
      assertEquals(await app.line(), "message last");
      assertEquals(await app.line(), `close {"code":4001,"reason":"done"}`);
      assertEquals(await inTime(client.frame(), "The end"), undefined);
    });
  },
);

testOnEach("only a little is read ahead while messages wait", async (runtime) => {
  await withWaiting(runtime, async (app) => {
    using client = await RawClient.open(app.waiting);
    await client.write(text("wait"));
    assertEquals(await app.line(), "message wait");
    const flood = client.write(joined(Array(64).fill(text("x".repeat(256 * 1024)))));
    let before = -1;
    let [read] = await app.ask("count");
    while (read !== before) {
      before = read;
      await new Promise((resolve) => setTimeout(resolve, 100));
      [read] = await app.ask("count");
    }
    assert(read < 3 << 20, `${read} bytes were read`);
    await app.ask("go");
    await flood;
  });
});

testOnEach("a peer that reads slowly counts as alive, with or without pings", async (runtime) => {
  await withWaiting(runtime, async (app) => {
    const { hostname, port } = new URL(app.sending.replace("tcp:", "http:"));
    using conn = await Deno.connect({ hostname, port: Number(port) });
    await conn.write(joined([handshake(), text("much")]));
    const bytes = new Uint8Array(3 * 1024);
    // Six times the time limit of a silent peer.
    for (let turn = 0; turn < 60; turn++) {
      await conn.read(bytes);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assertEquals((await app.ask("count"))[1], 1);
  });
});
