import { assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { frame } from "../../protocols/frame.ts";
import type { PacketProtocol, Protocol } from "../../src/protocol/protocol.ts";
import { text } from "../../protocols/text.ts";
import { bytesOf, openHarness, turns } from "../helpers/session_harness.ts";

/** A user's protocol: a length of two bytes, then JSON. */
const json: PacketProtocol<unknown> = {
  name: "json",
  input: (buffer) => buffer.length < 2 ? 0 : 2 + (buffer[0] << 8 | buffer[1]),
  decode: (packet) => JSON.parse(new TextDecoder().decode(packet.subarray(2))),
  encode(message) {
    const body = new TextEncoder().encode(JSON.stringify(message));
    return Uint8Array.from([body.length >> 8, body.length & 255, ...body]);
  },
};

/** What an echo returns, for input in the pieces of `cuts`. */
async function echo<Message>(
  protocol: Protocol<Message>,
  wire: string,
  cuts: number[],
): Promise<{ messages: Message[]; sent: string }> {
  const messages: Message[] = [];
  using peer = openHarness(protocol, {
    onMessage(connection, message) {
      messages.push(message instanceof Uint8Array ? message.slice() as Message : message);
      connection.send(message);
    },
  });
  const ends = [...new Set(cuts.map((cut) => cut % (wire.length + 1)))].sort((a, b) => a - b);
  let start = 0;
  for (const end of [...ends, wire.length]) {
    if (end > start) peer.receive(wire.slice(start, end));
    start = end;
  }
  await turns();
  assertEquals(peer.errors, []);
  return { messages, sent: peer.sent };
}

/** The bytes of messages. */
async function wireOf<Message>(protocol: Protocol<Message>, messages: Message[]): Promise<string> {
  using peer = openHarness(protocol);
  for (const message of messages) peer.connection.send(message);
  await turns();
  return peer.sent;
}

const cuts = fc.array(fc.nat(), { maxLength: 20 });
const line = fc.oneof(fc.string(), fc.string({ unit: "binary" })).map((text) =>
  text.replaceAll(/[\r\n]/g, "").toWellFormed()
);

function property<Message>(
  protocol: Protocol<Message>,
  message: fc.Arbitrary<Message>,
): Promise<void> {
  return fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 40 }), cuts, async (messages, cuts) => {
      const wire = await wireOf(protocol, messages);
      const heard = await echo(protocol, wire, cuts);
      assertEquals(heard.messages, messages);
      assertEquals(heard.sent, wire);
    }),
    { seed: 1, numRuns: 200 },
  );
}

Deno.test("text: random lines, cut anywhere, arrive unchanged", () => property(text, line));

Deno.test("frame: random bytes, cut anywhere, arrive unchanged", () =>
  property(frame, fc.uint8Array({ maxLength: 300 })));

Deno.test("a user's protocol: random messages, cut anywhere, arrive unchanged", () =>
  property(json, fc.jsonValue({ maxDepth: 2 })));

Deno.test("text: lines are the same when cut in two at any byte", async () => {
  const wire = "one\r\n\nzw\xc3\xb6lf\n\xf0\x9f\x90\xa6\r\nend\r\r\n";
  for (let cut = 0; cut <= wire.length; cut++) {
    const { messages } = await echo(text, wire, [cut]);
    assertEquals(messages, ["one", "", "zwölf", "🐦", "end\r"]);
  }
});

Deno.test("text: a line that is not UTF-8 ends the connection after the lines before it", () => {
  const lines: string[] = [];
  using peer = openHarness(text, { onMessage: (_connection, line) => lines.push(line) });
  peer.receive("good\nbad \xff\nnever\n");
  assertEquals(lines, ["good"]);
  assertEquals(peer.errors.map(({ code }) => code), ["GOER_PROTOCOL"]);
  assertEquals(peer.ended, true);
});

Deno.test("text: a line of maxPacketSize is accepted, and one more byte ends the connection", () => {
  for (const [length, codes] of [[8, []], [9, ["GOER_PACKET_TOO_LARGE"]]] as const) {
    for (
      const wire of ["x".repeat(length) + "\n", "ö".repeat(length / 2) + "x".repeat(length % 2)]
    ) {
      using peer = openHarness(text, { maxPacketSize: 8 });
      for (const byte of new TextEncoder().encode(wire)) peer.receive(Uint8Array.of(byte));
      assertEquals(peer.errors.map(({ code }) => code), [...codes]);
    }
  }
});

Deno.test("text: ten mebibytes in pieces of one byte are one line", () => {
  const size = 10 * 1024 * 1024 - 1;
  const lengths: number[] = [];
  using peer = openHarness(text, { onMessage: (_connection, line) => lengths.push(line.length) });
  const byte = Uint8Array.of(65);
  for (let index = 0; index < size; index++) {
    byte[0] = 65;
    peer.connection.received(byte, 1);
  }
  peer.receive("\n");
  assertEquals(lengths, [size]);
});

Deno.test("frame: the length includes its own four bytes, as in Workerman", async () => {
  assertEquals(await wireOf(frame, [bytesOf("hi"), new Uint8Array()]), "\0\0\0\x06hi\0\0\0\x04");
});

Deno.test("frame: a length under four ends the connection", () => {
  for (const length of [0, 1, 2, 3]) {
    using peer = openHarness(frame, { onMessage: () => {} });
    peer.receive(Uint8Array.of(0, 0, 0, length));
    assertEquals(peer.errors.map(({ code }) => code), ["GOER_PROTOCOL"]);
    assertEquals(peer.ended, true);
  }
});

Deno.test("frame: a length over maxPacketSize ends the connection before it is buffered", () => {
  using peer = openHarness(frame, { maxPacketSize: 100 });
  peer.receive(Uint8Array.of(0, 0, 0, 101));
  assertEquals(peer.errors.map(({ code }) => code), ["GOER_PACKET_TOO_LARGE"]);
  assertStringIncludes(peer.errors[0].message, "101");
});

Deno.test("a negative, NaN, fractional or too large result of input ends the connection", () => {
  for (const length of [-1, NaN, 1.5, Infinity, 101]) {
    using peer = openHarness({ ...json, input: () => length }, { maxPacketSize: 100 });
    peer.receive("x");
    assertEquals(peer.errors.length, 1, String(length));
    assertEquals(peer.ended, true);
  }
});

Deno.test("an input function that never knows the length ends the connection at maxPacketSize", () => {
  using peer = openHarness({ ...json, input: () => 0 }, { maxPacketSize: 100 });
  peer.receive("x".repeat(99));
  assertEquals(peer.errors, []);
  peer.receive("x");
  assertEquals(peer.errors.map(({ code }) => code), ["GOER_PACKET_TOO_LARGE"]);
});

Deno.test("input is not called again until the requested number of bytes has arrived", () => {
  let asked = 0;
  const bodies: unknown[] = [];
  const counting: PacketProtocol<unknown> = {
    ...json,
    input(buffer, connection) {
      asked++;
      return json.input(buffer, connection);
    },
  };
  using peer = openHarness(counting, { onMessage: (_connection, body) => bodies.push(body) });
  for (const byte of bytesOf('\0\x0a"12345678"')) peer.receive(Uint8Array.of(byte));
  assertEquals([asked, bodies], [2, ["12345678"]]);
});

Deno.test("an error thrown by decode ends the connection", () => {
  using peer = openHarness(json);
  peer.receive("\0\x03{x}");
  assertEquals(peer.errors.map(({ code }) => code), ["GOER_PROTOCOL"]);
  assertEquals(peer.ended, true);
});
