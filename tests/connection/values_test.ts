import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { frame } from "../../protocols/frame.ts";
import {
  createHttp,
  fetchHandler,
  http,
  HttpResponse,
  sendEvents,
  type ServerSentEvent,
} from "../../protocols/http/mod.ts";
import type { PacketProtocol, Protocol } from "../../src/protocol/protocol.ts";
import { raw } from "../../protocols/raw.ts";
import { text } from "../../protocols/text.ts";
import { Goer } from "../../src/goer.ts";
import { BLOCK_SIZE } from "../../src/bytes/block_pool.ts";
import { bytesOf, latin1, openHarness, turns } from "../helpers/session_harness.ts";
import { Harness as WebSocketHarness } from "../websocket/harness.ts";
import { evaluated, lying, WRONG as EXPRESSIONS } from "./values.ts";

const WRONG: Record<string, unknown> = Object.fromEntries(
  Object.entries(EXPRESSIONS).map(([type, expression]) => [type, evaluated(expression)]),
);

/** A protocol that sends messages unchanged. */
const plain: PacketProtocol<Uint8Array> = {
  name: "plain",
  input: (buffer) => buffer.length,
  decode: (packet) => packet,
  encode: (message) => message,
};

const SECRET = "secret";

/** Fills the memory that connections share with another connection's bytes. */
async function leaveSecrets(): Promise<void> {
  using other = openHarness(raw);
  for (const size of [100, BLOCK_SIZE - 100, 100, BLOCK_SIZE - 100]) {
    other.connection.send(bytesOf(SECRET.repeat(Math.ceil(size / SECRET.length))));
    await turns();
  }
}

/** What a connection sends if the application passes `values`, and what `send` throws. */
async function sentBy<In, Out>(
  protocol: Protocol<In, Out>,
  values: readonly unknown[],
  options?: { raw: true },
): Promise<{ sent: string; errors: string[] }> {
  await leaveSecrets();
  const errors: string[] = [];
  using peer = openHarness(protocol, { maxSendBufferSize: 2 ** 20 });
  for (const value of values) {
    try {
      peer.connection.send(value as Uint8Array, options!);
    } catch (error) {
      errors.push(`${(error as Error).name}: ${(error as Error).message}`);
    }
  }
  assert(peer.connection.open);
  await turns();
  return { sent: peer.sent, errors };
}

const ALL: [name: string, protocol: Protocol<never, never>, options?: { raw: true }][] = [
  ["raw", raw as Protocol<never, never>],
  ["frame", frame as Protocol<never, never>],
  ["text", text as Protocol<never, never>],
  ["text past its protocol", text as Protocol<never, never>, { raw: true }],
  ["a protocol of packets", plain as Protocol<never, never>],
];

for (const [name, protocol, options] of ALL) {
  Deno.test(`${name}: a value of the wrong type is a TypeError that names it, and nothing is sent`, async () => {
    for (const [type, value] of Object.entries(WRONG)) {
      const { sent, errors } = await sentBy(protocol, [value], options);
      assertEquals([type, sent, errors.length], [type, "", 1]);
      assertEquals(errors[0].startsWith("TypeError: "), true, errors[0]);
      assertEquals(errors[0].includes(` ${type}`), true, errors[0]);
    }
  });
}

Deno.test("bytes whose memory has been transferred are refused, and nothing is sent", async () => {
  for (const [, protocol, options] of ALL) {
    if (protocol === text && options === undefined) continue;
    const gone = new Uint8Array(100);
    structuredClone(gone, { transfer: [gone.buffer] });
    const { sent, errors } = await sentBy(protocol, [gone], options);
    assertEquals(sent, "");
    assertEquals(errors, [
      "TypeError: Cannot send a Uint8Array whose memory has been transferred: send a copy",
    ]);
  }
  using peer = openHarness(http, {
    onMessage(connection) {
      const gone = new Uint8Array(100);
      structuredClone(gone, { transfer: [gone.buffer] });
      connection.send(gone);
    },
  });
  peer.receive(bytesOf("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  await turns();
  assertEquals(peer.sent.slice(0, 12), "HTTP/1.1 500");
});

Deno.test("HTTP: status, fields and other arguments of the wrong type are a TypeError that names them", () => {
  for (const wrong of [42, "soon", true, {}, [], () => {}, new Map()]) {
    if (typeof wrong !== "function") {
      const init = { trailers: wrong as never };
      assertThrows(() => new HttpResponse("", init), TypeError, "trailers");
    }
    if (typeof wrong !== "number") {
      const cookie = { name: "a", value: "b", expires: wrong as unknown as Date };
      assertThrows(() => new HttpResponse("").setCookie(cookie), TypeError, "expires");
    }
    assertThrows(() => sendEvents(wrong as never), TypeError, "Cannot send the events of");
  }
  assertThrows(() => sendEvents(null as never), TypeError, "Cannot send the events of null");
});

Deno.test("a last message of the wrong type is refused, and the connection stays open", () => {
  using peer = openHarness(raw);
  assertThrows(() => peer.connection.close(42 as never), TypeError, "a number (42)");
  assertEquals([peer.connection.open, peer.ended], [true, false]);
});

Deno.test("raw sends a string as UTF-8, and frame sends its bytes after their length", async () => {
  assertEquals(await sentBy(raw, ["ok ü"]), { sent: latin1(utf8("ok ü")), errors: [] });
  const { sent } = await sentBy(frame, ["ok ü", "€".repeat(50), "x".repeat(50_000)]);
  const lengths = ["\0\0\0\x09", "\0\0\0\x9a", "\0\0\xc3\x54"];
  const bodies = ["ok ü", "€".repeat(50), "x".repeat(50_000)].map((one) => latin1(utf8(one)));
  assertEquals(sent, lengths.map((length, index) => length + bodies[index]).join(""));
  assertEquals((await sentBy(text, ["ü"], { raw: true })).sent, latin1(utf8("ü")));
});

for (const size of [2, 40, 5000, 20_000]) {
  Deno.test(`${size} bytes of an array with a false length property are sent completely`, async () => {
    for (const said of [0, 1, 1000, 100_000]) {
      for (const value of lying(size, said).map(evaluated)) {
        const body = "x".repeat(size);
        assertEquals((await sentBy(raw, [value])).sent, body);
        assertEquals((await sentBy(plain, [value])).sent, body);
        assertEquals((await sentBy(text, [value], { raw: true })).sent, body);
        assertEquals((await sentBy(frame, [value])).sent.slice(4), body);
      }
    }
  });

  Deno.test(`${size} such bytes that go to many connections are sent completely, too`, async () => {
    await leaveSecrets();
    for (const protocol of [raw, plain] as Protocol<unknown, Uint8Array>[]) {
      using peer = openHarness(protocol);
      for (const bytes of lying(size, 1000)) {
        peer.connection.sendShared(evaluated<Uint8Array>(bytes), new Map());
      }
      assertThrows(() => peer.connection.sendShared(42 as never, new Map()), TypeError, "a number");
      await turns();
      assertEquals(peer.sent, "x".repeat(2 * size));
    }
  });
}

Deno.test("what was sent does not change with its original buffer", async () => {
  for (const size of [10, 5000, 20_000]) {
    const shared = new Uint8Array(new SharedArrayBuffer(size)).fill(120);
    const memory = new ArrayBuffer(size, { maxByteLength: size });
    const resizable = new Uint8Array(memory).fill(120);
    using peer = openHarness(plain as Protocol<unknown, Uint8Array>, { stalled: true });
    peer.connection.send(bytesOf("first"));
    await turns();
    for (const bytes of [shared, resizable]) peer.connection.send(bytes);
    if (size > 4096) {
      shared.fill(0);
      memory.resize(1);
    }
    for (let write = 0; write < 4; write++) peer.flush();
    assertEquals(peer.sent, `first${"x".repeat(2 * size)}`);
  }
});

Deno.test("a Node Buffer is copied before send returns, whatever its size", async () => {
  const { Buffer } = await import("node:buffer");
  for (const size of [10, 5000, 20_000]) {
    for (const shared of [undefined, new Map()]) {
      using peer = openHarness(raw);
      const bytes = Buffer.alloc(size, "x");
      peer.connection.sendShared(bytes, shared);
      bytes.fill("y");
      await turns();
      assertEquals(peer.sent, "x".repeat(size));
    }
  }
});

Deno.test("a message that cannot be piped only ends its own connection", async () => {
  using to = openHarness(raw);
  using from = openHarness(http);
  from.connection.pipe(to.connection as never);
  from.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await turns();
  assertEquals(from.errors.map(({ code }) => code), ["GOER_HANDLER"]);
  assertEquals([from.connection.open, to.sent], [false, ""]);
});

// ---- WebSocket ----

Deno.test("WebSocket: a value of the wrong type is a TypeError that names it", async () => {
  await leaveSecrets();
  for (const compression of [false, true]) {
    const harness = new WebSocketHarness({ compression, offer: "permessage-deflate" });
    for (const [type, value] of Object.entries(WRONG)) {
      for (const shared of [undefined, new Map()]) {
        assertThrows(
          () => harness.send(value as string, shared),
          TypeError,
          `Cannot send ${type}:`,
        );
      }
      if (value === undefined) continue;
      assertThrows(() => harness.send({ ping: value as string }), TypeError, type);
      assertThrows(() => harness.send({ code: 1000, reason: value as string }), TypeError, type);
    }
    assertEquals(harness.out.take().length, 0);
  }
});

Deno.test("WebSocket: bytes with a false length property are sent completely", () => {
  for (const size of [2, 100, 5000, 70_000]) {
    const expressions = [0, 1, 1000, 100_000].flatMap((said) => lying(size, said));
    for (const expression of expressions) {
      for (const shared of [undefined, new Map()]) {
        const harness = new WebSocketHarness();
        harness.send(evaluated<Uint8Array>(expression), shared);
        assertEquals(harness.sent().map(({ payload }) => latin1(payload)), ["x".repeat(size)]);
      }
    }
  }
});

// ---- HTTP ----

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/** The whole response of a handler, without its date, and the errors. */
async function answerOf(
  handler: () => unknown,
  options: Parameters<typeof createHttp>[0] = {},
): Promise<{ sent: string; errors: string[] }> {
  await leaveSecrets();
  using peer = openHarness(createHttp(options), {
    onMessage: (connection) => void connection.send(handler() as string),
  });
  peer.receive(GET);
  for (let turn = 0; turn < 5; turn++) await turns();
  const errors = peer.errors.map(({ cause, message }) => `${cause ?? message}`);
  return { sent: peer.sent.replace(/Date: .*\r\n/, ""), errors };
}

Deno.test("HTTP: a response or body of the wrong type is a TypeError that names it, and a 500", async () => {
  for (const [type, value] of Object.entries(WRONG)) {
    for (const answer of [() => value, () => new HttpResponse(value as string)]) {
      if (value === null && answer() instanceof HttpResponse) continue;
      const { sent, errors } = await answerOf(answer);
      assertEquals([type, sent.slice(0, 13)], [type, "HTTP/1.1 500 "]);
      assertEquals(errors.length, 1);
      assert(errors[0].startsWith(`TypeError: Cannot send ${type}:`), errors[0]);
    }
  }
});

/** Yields values. */
async function* given<Value>(...values: Value[]): AsyncGenerator<Value> {
  for (const value of values) yield await value;
}

Deno.test("HTTP: a piece of a body of the wrong type ends the response before this piece", async () => {
  for (const [type, value] of Object.entries(WRONG)) {
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(bytesOf("a"));
        controller.enqueue(value);
      },
    });
    for (const body of [given("a", value as string), stream]) {
      const { sent, errors } = await answerOf(() => new HttpResponse(body));
      assertEquals([type, sent.split("\r\n\r\n")[1]], [type, "1\r\na\r\n"]);
      assert(errors[0].startsWith(`TypeError: Cannot send ${type}:`), errors[0]);
    }
  }
});

Deno.test("HTTP: the length of a body is its real length", async () => {
  for (const compression of [false, true]) {
    for (const said of [0, 1, 100_000]) {
      const body = evaluated<Uint8Array>(lying(2000, said)[0]);
      const { sent } = await answerOf(() => new HttpResponse(body), { compression });
      const [head, content] = sent.split("\r\n\r\n");
      assert(head.includes("Content-Length: 2000"), head);
      assertEquals(content, "x".repeat(2000));
    }
  }
});

Deno.test("HTTP: a locked stream is a 500, not a response that never ends", async () => {
  const stream = new ReadableStream();
  stream.getReader();
  const { sent, errors } = await answerOf(() => new HttpResponse(stream));
  assertEquals(sent.match(/HTTP\/1\.1 \d+/g), ["HTTP/1.1 500"]);
  assertEquals(errors.length, 1);
});

Deno.test("HTTP: an event, or a field of one, of the wrong type ends the response", async () => {
  for (const [type, value] of Object.entries(WRONG)) {
    for (const field of ["data", "event", "id", "comment", undefined]) {
      if (field === undefined && typeof value === "object" && value !== null) continue;
      if (field === "id" && typeof value === "number") continue;
      const event = field === undefined ? value as ServerSentEvent : { [field]: value };
      const { sent, errors } = await answerOf(() => sendEvents(given(event)));
      assertEquals([type, sent.split("\r\n\r\n")[1]], [type, ""]);
      assert(errors[0].startsWith("TypeError: Cannot send "), errors[0]);
      assert(errors[0].includes(type), errors[0]);
    }
  }
});

Deno.test("HTTP: fetch that returns no Response is an error that names the value, and a 500", async () => {
  const values = [[undefined, "undefined"], [null, "null"], [42, "42"], [
    { status: 200 },
    "an Object",
  ]];
  for (const [value, name] of values) {
    using peer = openHarness(http, { onMessage: fetchHandler(() => value as unknown as Response) });
    peer.receive(GET);
    await turns();
    assertEquals(peer.sent.slice(0, 13), "HTTP/1.1 500 ");
    assertMatch(String(peer.errors[0]), new RegExp(`fetch failed for GET /.* returned .*${name}`));
  }
});

Deno.test("HTTP: names and values of fields must be strings", () => {
  for (const [type, value] of Object.entries(WRONG)) {
    const { headers } = new HttpResponse();
    assertThrows(() => headers.set("x", value as string), TypeError, type);
    assertThrows(() => headers.append(value as string, "x"), TypeError, type);
    assertThrows(() => new HttpResponse("", { statusText: value as string }), TypeError, type);
    if (typeof value === "number" || Array.isArray(value)) continue;
    assertThrows(() => new HttpResponse("", { headers: { x: value as string } }), TypeError, type);
  }
  assertThrows(() => new HttpResponse("", { headers: { x: undefined! } }), TypeError, "undefined");
  for (const init of [null, 42, "x: y", Promise.resolve({ x: "y" })]) {
    assertThrows(
      () => new HttpResponse("", { headers: init as never }),
      TypeError,
      "header fields",
    );
  }
  assertThrows(() => HttpResponse.json(undefined), TypeError, "undefined");
});

// ---- to many ----

Deno.test("what cannot be sent to other processes is a TypeError even if there are none", () => {
  const goer = new Goer("tcp://127.0.0.1:0");
  for (const [type, value] of Object.entries(WRONG)) {
    if (/^(null|a number|a bigint|a boolean|an Object|an Array$)/.test(type)) continue;
    const message = value as string;
    assertThrows(() => goer.broadcast(message), TypeError, type);
    assertThrows(() => goer.to("group").send(message), TypeError, type);
    assertThrows(() => goer.toUser("user").send(message), TypeError, type);
    assertThrows(() => goer.publish("topic", value), TypeError, type);
    assertThrows(() => goer.publishToOne("topic", value), TypeError, type);
    assertThrows(() => goer.worker(0).publish("topic", value), TypeError, type);
  }
});

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
