import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { frame } from "../../protocols/frame.ts";
import type { PacketProtocol, Protocol } from "../../src/protocol/protocol.ts";
import { text } from "../../protocols/text.ts";
import { Wire } from "../helpers/wire.ts";

/** A user's protocol: JSON after a length of four bytes. */
const json: PacketProtocol<unknown> = {
  name: "json",
  input: (buffer) =>
    buffer.length < 4 ? 0 : 4 + new DataView(buffer.buffer, buffer.byteOffset).getUint32(0),
  decode: (packet) => JSON.parse(new TextDecoder().decode(packet.subarray(4))),
  encode(message) {
    const body = new TextEncoder().encode(JSON.stringify(message));
    const packet = new Uint8Array(4 + body.length);
    new DataView(packet.buffer).setUint32(0, body.length);
    packet.set(body, 4);
    return packet;
  },
};

/** A line: any Unicode without line ends. */
const line = fc.string({ unit: "grapheme", maxLength: 200 }).filter((line) =>
  !line.includes("\n") && !line.endsWith("\r")
);
/** Sizes of chunks, used repeatedly. */
const cuts = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 10 });

/** Checks that everything sent arrives unchanged, however it is cut. */
function holdsRoundTrip<Message>(
  protocol: Protocol<Message>,
  message: fc.Arbitrary<Message>,
): Promise<void> {
  const messages = fc.array(message, { maxLength: 50 });
  return fc.assert(
    fc.asyncProperty(messages, cuts, async (sent, sizes) => {
      const sender = new Wire(protocol);
      for (const message of sent) sender.connection.send(message);
      const received: Message[] = [];
      const receiver = new Wire(protocol, {
        onMessage: (_, message) => void received.push(kept(message)),
        onError: (_, error) => {
          throw error;
        },
      });
      receiver.receive(await sender.written(), sizes);
      assertEquals(received, sent);
    }),
    { numRuns: 300 },
  );
}

/** A copy of a message that remains valid after the handler. */
function kept<Message>(message: Message): Message {
  return message instanceof Uint8Array ? message.slice() as Message : message;
}

Deno.test("text: messages arrive unchanged, however they are cut", async () => {
  await holdsRoundTrip(text, line);
});

Deno.test("frame: messages arrive unchanged, however they are cut", async () => {
  await holdsRoundTrip(frame, fc.uint8Array({ maxLength: 2000 }));
});

Deno.test("a protocol with three functions: messages arrive unchanged, however they are cut", async () => {
  const value = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);
  await holdsRoundTrip(json, value);
});

Deno.test("a handler that returns promises gets the same messages in the same order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 20 }), cuts, async (sent, sizes) => {
      const sender = new Wire(text);
      for (const message of sent) sender.connection.send(message);
      const received: string[] = [];
      const receiver = new Wire(text, {
        async onMessage(_, message) {
          await Promise.resolve();
          received.push(message);
        },
      });
      receiver.receive(await sender.written(), sizes);
      for (let turn = 0; turn < 10 * sent.length; turn++) await Promise.resolve();
      assertEquals(received, sent);
    }),
    { numRuns: 200 },
  );
});

Deno.test("any bytes in any chunks become messages or one error, never an exception", () => {
  const bytes = fc.uint8Array({ maxLength: 3000 });
  for (const protocol of [text, frame, json] as Protocol<unknown>[]) {
    fc.assert(fc.property(bytes, cuts, (garbage, sizes) => {
      const codes: string[] = [];
      const wire = new Wire(protocol, { onError: (_, error) => void codes.push(error.code) });
      wire.receive(garbage, sizes);
      assertEquals(codes.length <= 1, true);
      assertEquals(codes.every((code) => /GOER_(PROTOCOL|PACKET_TOO_LARGE)/.test(code)), true);
      assertEquals(wire.connection.open, codes.length === 0);
    }));
  }
});

Deno.test("10 MiB that arrive byte by byte take linear time", () => {
  const size = 10 << 20;
  const packet = new Uint8Array(size);
  new DataView(packet.buffer).setUint32(0, size);
  let received = 0;
  const wire = new Wire(frame, { onMessage: (_, payload) => void (received = payload.length) });
  wire.receive(packet, [1]);
  assertEquals(received, size - 4);
});

Deno.test("a line of 2 MiB that arrives byte by byte is not searched from its start each time", () => {
  const size = 2 << 20;
  const line = new Uint8Array(size).fill(120);
  line[size - 1] = 10;
  let received = 0;
  const wire = new Wire(text, { onMessage: (_, line) => void (received = line.length) });
  wire.receive(line, [1]);
  assertEquals(received, size - 1);
});
