/** Where the application decides who may connect, only an exact "yes" accepts. */

import { GoerError } from "../../src/errors.ts";
import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { connect, Goer } from "../../mod.ts";
import { createWebSocket, type WebSocketOptions } from "../../protocols/websocket/mod.ts";
import { handshake, type HandshakeInit, portOf, RawClient } from "./client.ts";

/** The response to a client, how often it was announced, and the reported errors. */
interface Outcome {
  status: number;
  connected: number;
  errors: string[];
}

/**
 * One handshake with a WebSocket service, one with an HTTP service, and one with a handler that
 * ignores the promise.
 */
async function outcomes(options: WebSocketOptions, init: HandshakeInit = {}): Promise<Outcome[]> {
  const protocol = createWebSocket(options);
  const all: Outcome[] = [];
  for (const kind of ["ws", "http", "forgetful"]) {
    const outcome: Outcome = { status: 0, connected: 0, errors: [] };
    const onConnect = () => void outcome.connected++;
    const goer = kind === "ws"
      ? new Goer("tcp://127.0.0.1:0", { protocol, onConnect })
      : new Goer("http://127.0.0.1:0", {
        onMessage(connection, request) {
          const upgraded = protocol.upgrade(connection, request, { onConnect });
          if (kind === "http") return upgraded;
        },
      });
    goer.onError = (_: unknown, error: Error) => void outcome.errors.push(error.message);
    await using service = await goer.listen();
    using client = await RawClient.connect(portOf(service.address));
    await client.write(handshake(init));
    outcome.status = (await client.answer()).status;
    all.push(outcome);
  }
  return all;
}

/** A promise of another library, which has only `then`. */
function thenable<Value>(value: Value): PromiseLike<Value> {
  const then = (resolve: (value: Value) => void) => queueMicrotask(() => resolve(value));
  return { then } as unknown as PromiseLike<Value>;
}

/** The ways to return a value. */
const WAYS: [name: string, give: (value: unknown) => unknown][] = [
  ["directly", (value) => value],
  ["in a promise", (value) => Promise.resolve(value)],
  ["in another library's promise", thenable],
  ["in a promise that is a function", (value) => Object.assign(() => {}, thenable(value))],
];

/** Valid results of `onUpgrade`, and the resulting status. */
const DECISIONS: [decision: unknown, status: number][] = [
  [undefined, 101],
  [{}, 101],
  [{ status: 101 }, 101],
  [{ status: undefined, headers: undefined }, 101],
  [Object.create(null), 101],
  [{ subprotocol: "" }, 101],
  [{ subprotocol: "b" }, 101],
  [{ headers: { "Set-Cookie": "a=b" } }, 101],
  [{ status: 403 }, 403],
  [{ status: 302, headers: { Location: "/" }, body: "elsewhere" }, 302],
];

/** Invalid results: the client is refused, and an error is reported. */
const NO_DECISIONS: unknown[] = [
  null,
  true,
  false,
  0,
  403,
  "",
  "403",
  403n,
  () => ({ status: 403 }),
  [],
  [403],
  new Response(null, { status: 403 }),
  new Map([["status", 403]]),
  new Date(),
  new Error("forbidden"),
  { statusCode: 403 },
  { code: 403 },
  { status: 101, allowed: false },
  { status: "403" },
  { status: null },
  { status: NaN },
  { status: 200 },
  { status: 600 },
  { status: 403, body: 5 },
  { status: 403, headers: { "a b": "c" } },
  { headers: null },
  { headers: { a: "b\r\nc: d" } },
  { headers: { "Sec-WebSocket-Protocol": "c" } },
  { headers: { upgrade: "h2c" } },
  { body: "Forbidden" },
  { body: "" },
  { status: undefined, body: "Forbidden", headers: { a: "b" } },
  { status: 101, body: "Forbidden" },
  { subprotocol: null },
  { subprotocol: "c" },
];

const OFFER: HandshakeInit = { headers: { "Sec-WebSocket-Protocol": "a, b" } };

for (const [name, give] of WAYS) {
  Deno.test(`every kind of decision that onUpgrade returns ${name} is carried out`, async () => {
    for (const [decision, status] of DECISIONS) {
      const onUpgrade = () => give(decision) as undefined;
      const connected = status === 101 ? 1 : 0;
      const expected = { status, connected, errors: [] };
      assertEquals(await outcomes({ onUpgrade }, OFFER), [expected, expected, expected]);
    }
  });

  Deno.test(`an invalid decision that onUpgrade returns ${name} is reported and refuses the client`, async () => {
    for (const decision of NO_DECISIONS) {
      for (
        const outcome of await outcomes({ onUpgrade: () => give(decision) as undefined }, OFFER)
      ) {
        const { status, connected, errors } = outcome;
        const what = Deno.inspect(decision);
        assertEquals([what, status, connected, errors.length], [what, 500, 0, 1]);
      }
    }
  });

  Deno.test(`origins accepts only true, returned ${name}`, async () => {
    const headers = { Origin: "https://a.example" };
    for (const [answer, expected] of [[true, 101], [false, 403], [undefined, 500], [1, 500]]) {
      const origins = () => give(answer) as boolean;
      for (const { status, errors } of await outcomes({ origins }, { headers })) {
        assertEquals([answer, status, errors.length], [answer, expected, expected === 500 ? 1 : 0]);
      }
    }
    for (const answer of ["https://a.example", "", null, 0, {}, [], new Boolean(true)]) {
      const origins = () => give(answer) as boolean;
      for (const { status } of await outcomes({ origins }, { headers })) assertEquals(status, 500);
    }
  });
}

Deno.test("onUpgrade is not called for a refused origin", async () => {
  let asked = 0;
  const options = {
    origins: () => Promise.resolve(false),
    onUpgrade: () => void asked++,
  };
  await outcomes(options, { headers: { Origin: "https://a.example" } });
  assertEquals(asked, 0);
});

Deno.test("an error of onUpgrade or origins is reported and refuses the client", async () => {
  const throws = () => {
    throw new Error("no database");
  };
  const rejects = () => Promise.reject(new Error("no database"));
  const headers = { Origin: "https://a.example" };
  for (const gate of [throws, rejects]) {
    for (const options of [{ origins: gate }, { onUpgrade: gate }]) {
      for (const { status, connected, errors } of await outcomes(options, { headers })) {
        assertEquals([status, connected, errors.length], [500, 0, 1]);
      }
    }
  }
});

Deno.test("listed origins are compared completely", async () => {
  for (const origins of ["https://a.example", ["https://b.example", "https://a.example"]]) {
    const status = async (Origin: string) =>
      (await outcomes({ origins }, { headers: { Origin } }))[0].status;
    assertEquals(await status("https://a.example"), 101);
    for (const other of ["https://a", "a.example", "", "null", "https://a.example.test"]) {
      assertEquals([other, await status(other)], [other, 403]);
    }
  }
});

Deno.test("HTTP/1.0 has no upgrades", async () => {
  const init = { requestLine: "GET / HTTP/1.0", headers: { Connection: "upgrade, keep-alive" } };
  for (const { status, connected } of await outcomes({}, init)) {
    assertEquals([status, connected], [426, 0]);
  }
});

Deno.test("a request with a body is refused without an application error", async () => {
  for (const body of [{ "Content-Length": "5" }, { "Transfer-Encoding": "chunked" }]) {
    for (const { status, connected, errors } of await outcomes({}, { headers: body })) {
      assertEquals([status, connected, errors], [400, 0, []]);
    }
  }
});

/** Options that are refused when the protocol is created. */
const BAD_OPTIONS: Record<string, unknown>[] = [
  { origin: ["https://a.example"] },
  { onupgrade: () => {} },
  { verifyClient: () => false },
  { origins: /a\.example/ },
  { origins: [/a\.example/] },
  { origins: new Set(["https://a.example"]) },
  { origins: null },
  { origins: true },
  { onUpgrade: true },
  { onUpgrade: null },
  { onPong: "x" },
  { subprotocols: "chat" },
  { subprotocols: ["a b"] },
  { subprotocols: ["a,b"] },
  { subprotocols: [""] },
  { subprotocols: ["a", "a"] },
  { subprotocols: ["ü"] },
  { subprotocols: [1] },
  { compression: "false" },
  { compression: 0 },
  { headers: "a: b" },
  { headers: { "a b": "c" } },
  { headers: { a: "b\r\nc: d" } },
  { headers: { "Sec-WebSocket-Protocol": "a" } },
  { headers: { "content-length": "5" } },
  { pingInterval: "30000" },
];

Deno.test("unknown options and wrong types are refused when the protocol is created", () => {
  for (const options of BAD_OPTIONS) {
    const [name] = Object.keys(options);
    assertThrows(() => createWebSocket(options), GoerError, name);
  }
});

Deno.test("an upgrade that the client did not request throws", async () => {
  const errors: (string | undefined)[] = [];
  const goer = new Goer("http://127.0.0.1:0", {
    onMessage: (_, request) => void request.upgrade(createWebSocket()),
    onError: (_, { cause }) => void errors.push((cause as { code?: string }).code),
  });
  await using service = await goer.listen();
  for (const init of [{ headers: { Upgrade: undefined } }, { requestLine: "GET / HTTP/1.0" }]) {
    using client = await RawClient.connect(portOf(service.address));
    await client.write(handshake(init));
    assertEquals((await client.answer()).status, 500);
  }
  assertEquals(errors, ["GOER_NO_REQUEST", "GOER_NO_REQUEST"]);
});

Deno.test("connect refuses an upgrade in HTTP/1.0", async () => {
  const goer = new Goer("tcp://127.0.0.1:0");
  goer.onMessage = (connection) => connection.close("HTTP/1.0 101 Switching Protocols\r\n\r\n");
  await using service = await goer.listen();
  const address = service.address.replace("tcp:", "ws:");
  await assertRejects(() => connect(address, {}), Error, "The server answered no HTTP");
});

Deno.test("a client whose upgrade is never decided gets 503 after handshakeTimeout", async () => {
  const errors: string[] = [];
  const never = new Promise<undefined>(() => {});
  for (const gate of [{ onUpgrade: () => never }, { origins: () => never as never }]) {
    const goer = new Goer("tcp://127.0.0.1:0", {
      protocol: createWebSocket({ handshakeTimeout: 50, ...gate }),
    });
    goer.onError = (_, error) => void errors.push(error.message);
    await using service = await goer.listen();
    using client = await RawClient.connect(portOf(service.address));
    await client.write(handshake({ headers: { Origin: "https://a.example" } }));
    assertEquals((await client.answer()).status, 503);
    assertEquals(await client.rest(), "");
  }
  assertEquals(errors.length, 2);
  assertMatch(
    errors[0],
    /^Cannot decide on the upgrade of .*: onUpgrade and origins took over 50 ms/,
  );
});
