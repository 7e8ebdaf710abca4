/** Peers that flood, vanish or are silent, over real sockets. Each only affects itself. */

import { assertEquals } from "@std/assert";
import { Goer } from "../../mod.ts";
import { type Runtime, testOnEach } from "../helpers/runtimes.ts";
import { serve, type Served } from "../helpers/serve.ts";
import { portOf, RawClient } from "./client.ts";
import {
  BINARY,
  CLOSE,
  closeCode,
  CONTINUATION,
  frame,
  joined,
  PING,
  PONG,
  text,
  textOf,
} from "./frames.ts";

type Echo = Served<{ addresses: string[] }>;

function echo(runtime: Runtime, options: Record<string, unknown> = {}): Promise<Echo> {
  const args = [JSON.stringify([options])];
  return serve(runtime, "tests/websocket/fixtures/echo.ts", { args });
}

/** Checks that a connection is served, many times. */
async function checkServed(client: RawClient): Promise<void> {
  for (let round = 0; round < 20; round++) {
    await client.write(text(`round ${round}`));
    assertEquals(textOf((await client.frame())!.payload), `round ${round}`);
  }
}

const floods: Record<string, Uint8Array> = {
  "pings": frame({ opcode: PING, payload: "x".repeat(100) }),
  "empty fragments": frame({ opcode: CONTINUATION, fin: false }),
  "messages": text("x".repeat(10_000)),
};

for (const [what, flood] of Object.entries(floods)) {
  testOnEach(
    `a peer that sends a flood of ${what} and reads nothing does not affect others`,
    async (runtime) => {
      await using server = await echo(runtime);
      const port = portOf(server.ready.addresses[0]);
      using other = await RawClient.open(port);
      let writing: Promise<void>;
      {
        using flooder = await RawClient.open(port);
        writing = writeOften(flooder, what, joined(Array(1000).fill(flood)));
        await checkServed(other);
      }
      await writing;
      await checkServed(other);
    },
  );
}

/** Writes until the server takes no more, and gives up the connection. */
async function writeOften(client: RawClient, what: string, block: Uint8Array): Promise<void> {
  if (what === "empty fragments") await client.write(frame({ opcode: BINARY, fin: false }));
  for (let round = 0; round < 50; round++) await client.write(block);
}

testOnEach("a peer that vanishes within a frame does not affect others", async (runtime) => {
  await using server = await echo(runtime);
  const port = portOf(server.ready.addresses[0]);
  using other = await RawClient.open(port);
  for (let round = 0; round < 20; round++) {
    using leaver = await RawClient.open(port);
    await leaver.write(frame({ opcode: BINARY, payload: "part", claimedLength: 1_000_000n }));
  }
  await checkServed(other);
});

testOnEach(
  "a peer that does not answer pings is dropped, and one that does stays",
  async (runtime) => {
    await using server = await echo(runtime, { pingInterval: 50, pongTimeout: 2000 });
    const port = portOf(server.ready.addresses[0]);
    using silent = await RawClient.open(port);
    using lively = await RawClient.open(port);
    let gone = false;
    const end = (async () => {
      assertEquals((await silent.frame())!.opcode, PING);
      assertEquals(await silent.frame(), undefined);
      gone = true;
    })();
    while (!gone) {
      const { opcode, payload } = (await lively.frame())!;
      assertEquals(opcode, PING);
      await lively.write(frame({ opcode: PONG, payload }));
    }
    await end;
    await lively.write(text("here"));
    let answer = await lively.frame();
    while (answer!.opcode === PING) answer = await lively.frame();
    assertEquals(textOf(answer!.payload), "here");
  },
);

Deno.test("a handler that throws closes its own connection with 1011", async () => {
  const goer = new Goer("ws://127.0.0.1:0", { onError: () => {} });
  goer.onMessage = (connection, message) => {
    if (message === "fail") throw new Error("no database");
    connection.send(message);
  };
  await using service = await goer.listen();
  const port = portOf(service.address);
  using unlucky = await RawClient.open(port);
  using other = await RawClient.open(port);
  await unlucky.write(text("fail"));
  const last = (await unlucky.frame())!;
  assertEquals([last.opcode, closeCode(last)], [CLOSE, 1011]);
  await checkServed(other);
});
