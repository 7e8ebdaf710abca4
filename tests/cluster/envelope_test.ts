import { isDeepStrictEqual } from "node:util";
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Header, packEnvelope, unpackEnvelope } from "../../src/cluster/envelope.ts";
import { checkContent } from "../../src/cluster/content.ts";
import { MAX_MESSAGE_SIZE, PartCollector, splitMessage } from "../../src/cluster/reassembly.ts";

const HEADER: Header = {
  from: "site:1",
  type: "message",
  service: "chat",
  to: { kind: "group", name: "room" },
  except: ["site:1:4"],
};

const key = fc.oneof(fc.string(), fc.constantFrom("$", "__proto__", "constructor", "toString"));

/** All kinds of values that arrive unchanged, nested. */
const { content } = fc.letrec((tie) => ({
  content: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: "binary" }),
    fc.uint8Array(),
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.bigInt(),
    fc.date({ noInvalidDate: false }),
    fc.constantFrom(null, undefined),
    fc.array(tie("content"), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie("content")), { maxLength: 4 }).map(Object.fromEntries),
    fc.array(fc.tuple(tie("content"), tie("content")), { maxLength: 3 }).map((all) =>
      new Map(all as [])
    ),
    fc.array(tie("content"), { maxLength: 3 }).map((all) => new Set(all)),
  ),
}));

Deno.test("packing and unpacking preserves any names and content", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), content, (name, content) => {
      const header: Header = { ...HEADER, to: { kind: "group", name } };
      const envelope = unpackEnvelope(packEnvelope(header, content))!;
      assertEquals(envelope.header, header);
      assert(isDeepStrictEqual(envelope.content, content));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("half of a surrogate pair arrives unchanged", () => {
  for (const content of ["\ud800", { text: "\udfff" }, "a\ud83d"]) {
    assertEquals(unpackEnvelope(packEnvelope(HEADER, content))!.content, content);
  }
});

Deno.test("content that would change on its way is refused, with the path of the value", () => {
  const itself: { list: unknown[] } = { list: [] };
  itself.list.push(itself);
  const refused: [content: unknown, error: string][] = [
    [() => 1, "Cannot send a function to other processes"],
    [Symbol("s"), "a symbol"],
    [new (class Answer {})(), "Cannot send an Answer to other processes"],
    [{ reply: new (class Answer {})() }, "Cannot send an Answer, at .reply, to other processes"],
    [{ list: [1, { of: [new DataView(new ArrayBuffer(2))] }] }, "a DataView, at .list[1].of[0],"],
    [new Map([["key", new Float32Array(2)]]), "a Float32Array, at [1],"],
    [{ toJSON: () => 1 }, "a function, at .toJSON,"],
    [new URL("http://localhost"), "a URL"],
    [new Error("no"), "an Error"],
    [/a/, "a RegExp"],
    [new ArrayBuffer(8), "an ArrayBuffer"],
    [new String("a"), "a String"],
    [{ [Symbol("s")]: 1 }, "a symbol, at .Symbol(s),"],
    [Promise.resolve(), "a Promise"],
    [itself, "contains itself"],
  ];
  for (const [content, error] of refused) {
    assertThrows(() => packEnvelope(HEADER, content), TypeError, error);
    assertThrows(() => checkContent(content), TypeError, error);
  }
});

Deno.test("foreign and malformed messages are ignored", () => {
  const good = packEnvelope(HEADER, "hello");
  const headers: unknown[] = [
    null,
    [],
    {},
    { from: "a:1" },
    { from: 1, type: "gone", nodes: [] },
    { from: "a:1", type: "constructor" },
    { from: "a:1", type: "__proto__" },
    { from: "a:1", type: "gone", nodes: [1] },
    { from: "a:1", type: "message", service: "s" },
    { from: "a:1", type: "message", service: "s", to: { kind: "group" } },
    { from: "a:1", type: "message", service: "s", to: { kind: "else", name: "n" } },
    { from: "a:1", type: "message", service: "s", to: { kind: "all" }, except: "x" },
    { from: "a:1", type: "joined", service: "s", group: "g", member: { id: 1 } },
    { from: "a:1", type: "snapshot", service: "s", members: [[{ id: "i" }, "g"]] },
    {
      from: "a:1",
      type: "question",
      id: 1.5,
      service: "s",
      question: { ask: "count", group: "g" },
    },
    { from: "a:1", type: "question", id: 1, service: "s", question: { ask: "drop" } },
    { from: "a:1", type: "node", info: { slot: 0 }, reply: true },
  ];
  const packed = headers.map((header) => packEnvelope(header as Header));
  const cut = Array.from(good, (_, length) => good.subarray(0, length))
    // Text may end anywhere after the header.
    .filter((bytes) => bytes.length < good.length - "hello".length);
  const unknownKind = good.slice();
  unknownKind[2] = 9;
  const badText = good.slice();
  badText[badText.length - 1] = 0xff;
  for (const bytes of [...packed, ...cut, unknownKind, badText, new TextEncoder().encode("hi")]) {
    assertEquals(unpackEnvelope(bytes), undefined);
  }
});

Deno.test("no bytes cause an exception", () => {
  const any = fc.uint8Array({ maxLength: 200 });
  const good = packEnvelope(HEADER, { some: [new Map([[new Date(0), Uint8Array.of(1, 2)]]), 1n] });
  const mutated = fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, byte]) => {
    const bytes = good.slice();
    bytes[at] = byte;
    return bytes;
  });
  const collector = new PartCollector();
  fc.assert(
    fc.property(fc.oneof(any, mutated), (bytes) => {
      unpackEnvelope(collector.receive(bytes) ?? new Uint8Array(0));
    }),
    { numRuns: 5_000, seed: 6 },
  );
});

Deno.test("the parts of a message are joined, also between other parts", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 19, max: 400 }), (
    message,
    limit,
  ) => {
    const collector = new PartCollector();
    const parts = splitMessage(message, limit);
    const others = splitMessage(message.toReversed(), limit);
    const whole = parts.flatMap((part, index) => [
      collector.receive(part) ?? [],
      collector.receive(others[index]) ?? [],
    ]).flat();
    assertEquals(parts.every((part) => part.length <= limit), true);
    assertEquals(whole, [message, message.toReversed()]);
  }));
});

Deno.test("a message with a lost part is dropped, and later ones are not", () => {
  const collector = new PartCollector();
  const [first, , last] = splitMessage(new Uint8Array(50), 38);
  assertEquals([collector.receive(first), collector.receive(last)], [undefined, undefined]);
  const next = splitMessage(new Uint8Array([1, 2, 3]), 38);
  assertEquals(next.map((part) => collector.receive(part)), [new Uint8Array([1, 2, 3])]);
});

Deno.test("unfinished messages are kept up to a limit", () => {
  const collector = new PartCollector();
  const size = MAX_MESSAGE_SIZE / 4;
  const messages = Array.from(
    { length: 12 },
    () => splitMessage(new Uint8Array(2 * size), size + 18),
  );
  for (const [first] of messages) collector.receive(first);
  const finished = messages.map(([, second]) => collector.receive(second) !== undefined);
  assertEquals([finished[0], finished.at(-1)], [false, true]);
});
