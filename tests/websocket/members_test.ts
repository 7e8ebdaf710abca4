/**
 * The members of WebSocket connections: pings, codes and reasons, and the results of the handshake.
 */

import { assertEquals, assertRejects } from "@std/assert";
import { testOnEach } from "../helpers/runtimes.ts";
import { serve, type Served } from "../helpers/serve.ts";
import { Goer, GoerError } from "../../mod.ts";

const APP = "tests/websocket/fixtures/members.ts";

/** Connects, and resolves once the connection is open; rejects if it is refused. */
function open(address: string, protocols: string[] = []): Promise<WebSocket> {
  const socket = new WebSocket(address.replace("http:", "ws:"), protocols);
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve(socket);
    socket.onerror = () => reject(new Error("refused"));
  });
}

function ended(socket: WebSocket): Promise<[code: number, reason: string]> {
  return new Promise((resolve) => socket.onclose = ({ code, reason }) => resolve([code, reason]));
}

async function seen(app: Served<string[]>): Promise<unknown> {
  return JSON.parse(await app.line());
}

for (const [index, kind] of ["alone", "beside HTTP"].entries()) {
  testOnEach(
    `WebSocket ${kind}: a connection can ping, and close with a code and a reason`,
    async (runtime) => {
      await using app = await serve<string[]>(runtime, APP);
      const socket = await open(`${app.ready[index]}/ann`, ["chat"]);
      const name = index === 0 ? "ann" : "guest";
      assertEquals(await seen(app), ["connected", name, "/ann", "chat", false]);
      assertEquals(await seen(app), ["pong", name, "are you there"]);
      const end = ended(socket);
      socket.send(JSON.stringify([4001, "kicked"]));
      assertEquals(await end, [4001, "kicked"]);
      const status = { code: 4001, reason: "kicked" };
      assertEquals(await seen(app), ["closed", null, status, status]);
    },
  );

  testOnEach(
    `WebSocket ${kind}: onClose receives the code and reason of the peer`,
    async (runtime) => {
      await using app = await serve<string[]>(runtime, APP);
      const socket = await open(app.ready[index]);
      for (const event of ["connected", "pong"]) {
        assertEquals((await seen(app) as string[])[0], event);
      }
      const end = ended(socket);
      socket.close(3999, "enough");
      await end;
      const status = { code: 3999, reason: "enough" };
      assertEquals(await seen(app), ["closed", null, status, status]);
    },
  );
}

testOnEach(
  "WebSocket: a code that cannot be sent throws, and the connection stays open",
  async (runtime) => {
    await using app = await serve<string[]>(runtime, APP);
    const socket = await open(app.ready[0]);
    for (const event of ["connected", "pong"]) {
      assertEquals(
        (await seen(app) as string[])[0],
        event,
      );
    }
    for (const values of [[1005], [999], [5000, "x"], [4000, "x".repeat(124)]]) {
      socket.send(JSON.stringify(values));
      assertEquals(await seen(app), ["RangeError", true]);
    }
    const end = ended(socket);
    socket.send(JSON.stringify(["bye"]));
    assertEquals(await end, [1000, ""]);
  },
);

testOnEach(
  "WebSocket: onUpgrade can be a handler of the service, and can refuse",
  async (runtime) => {
    await using app = await serve<string[]>(runtime, APP);
    await assertRejects(() => open(`${app.ready[0]}/nobody`), Error, "refused");
  },
);

for (const handler of ["onPong", "onUpgrade"]) {
  Deno.test(`a service without WebSocket refuses ${handler}`, async () => {
    const goer = new Goer("text://127.0.0.1:0", { [handler]: () => {} });
    const error = await assertRejects(() => goer.listen(), GoerError, handler);
    assertEquals(error.code, "GOER_INVALID_ARGUMENT");
  });
}
