/** Random messages in random fragments and pieces arrive, and random bytes do no harm. */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import fc from "fast-check";
import { isUtf8 } from "../../src/bytes/utf8.ts";
import { WebSocketError } from "../../protocols/websocket/close.ts";
import { deflated } from "./cases/deflate.ts";
import {
  BINARY,
  bytesOf,
  CLOSE,
  close,
  closeCode,
  fragments,
  frame,
  joined,
  PING,
  PONG,
  TEXT,
} from "./frames.ts";
import { Harness, type HarnessOptions } from "./harness.ts";

/** The seed and the count, so that all runs are the same. */
const SEED = 20_251_125;
const RUNS = { seed: SEED, numRuns: 400 };

const OFFERS = [
  undefined,
  "permessage-deflate; client_max_window_bits",
  "permessage-deflate; server_no_context_takeover",
  "permessage-deflate; client_no_context_takeover; server_max_window_bits=9",
  "permessage-deflate; server_max_window_bits=8; client_max_window_bits=8",
  "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
];

const content = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.tuple(fc.string({ unit: "binary", maxLength: 40 }), fc.nat(400)).map(([part, times]) =>
    part.repeat(times)
  ),
  fc.uint8Array({ maxLength: 300 }),
  fc.uint8Array({ minLength: 1, maxLength: 20 }).map((part) =>
    joined(Array.from({ length: 100 }, () => part))
  ),
);

/** How a message is sent. */
interface Plan {
  message: string | Uint8Array;
  /** Where its payload is cut into frames, in thousandths. */
  cuts: number[];
  compressed: boolean;
  /** Whether a ping precedes it. */
  pinged: boolean;
}

const plan: fc.Arbitrary<Plan> = fc.record({
  message: content,
  cuts: fc.array(fc.nat(1000), { maxLength: 6 }),
  compressed: fc.boolean(),
  pinged: fc.boolean(),
});

/** The pieces of `bytes` between cuts. */
function pieces(bytes: Uint8Array, cuts: number[]): Uint8Array[] {
  const places = cuts.map((cut) => Math.floor(cut / 1000 * bytes.length)).sort((a, b) => a - b);
  return [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length));
}

function framesOf({ message, cuts, compressed, pinged }: Plan, compresses: boolean): Uint8Array {
  const opcode = typeof message === "string" ? TEXT : BINARY;
  const bytes = typeof message === "string" ? bytesOf(message) : message;
  const deflates = compresses && compressed && bytes.length > 0;
  const payload = deflates ? deflated(bytes, { windowBits: 9 }) : bytes;
  const parts = pieces(payload, cuts);
  const frames = fragments(opcode, parts, { reserved: deflates ? 4 : 0 });
  return pinged ? joined([frame({ opcode: PING, payload: "x" }), frames]) : frames;
}

/** A string after UTF-8: a lone surrogate becomes U+FFFD. */
function normal(message: string | Uint8Array): string | number[] {
  return typeof message === "string" ? message.toWellFormed() : [...message];
}

/** Feeds `bytes` in pieces of alternating sizes. */
function feed(harness: Harness, bytes: Uint8Array, sizes: number[]): void {
  for (let at = 0, turn = 0; at < bytes.length && !harness.ended; turn++) {
    const size = sizes[turn % sizes.length];
    harness.receive(bytes.subarray(at, at + size));
    at += size;
  }
}

const sizes = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 5000 })),
  {
    minLength: 1,
    maxLength: 6,
  },
);
const offer = fc.constantFrom(...OFFERS);

Deno.test("random messages, in random fragments and pieces, arrive unchanged", () => {
  fc.assert(
    fc.property(fc.array(plan, { maxLength: 5 }), sizes, offer, (plans, sizes, offer) => {
      const harness = new Harness({ compression: {}, offer, onMessage: () => {} });
      const bytes = joined(plans.map((plan) => framesOf(plan, offer !== undefined)));
      feed(harness, bytes, sizes);
      assertEquals(harness.error, undefined);
      assertEquals(harness.messages.map(normal), plans.map(({ message }) => normal(message)));
      const pongs = harness.sent().filter(({ opcode }) => opcode === PONG);
      assertEquals(pongs.length, plans.filter(({ pinged }) => pinged).length);
    }),
    RUNS,
  );
});

Deno.test("random messages go from a client to a server and back, compressed or not", () => {
  const ends = (offer: string | undefined, client: boolean): HarnessOptions => ({
    client,
    offer,
    compression: { threshold: 0, level: 1 },
    onMessage: () => {},
  });
  fc.assert(
    fc.property(fc.array(content, { maxLength: 6 }), sizes, offer, (messages, sizes, offer) => {
      const client = new Harness(ends(offer, true));
      const server = new Harness(ends(offer, false));
      for (const message of messages) client.send(message);
      feed(server, client.out.take(), sizes);
      for (const message of server.messages) server.send(message);
      feed(client, server.out.take(), sizes);
      assertEquals([client.error, server.error], [undefined, undefined]);
      assertEquals(server.messages.map(normal), messages.map(normal));
      assertEquals(client.messages.map(normal), messages.map(normal));
    }),
    RUNS,
  );
});

Deno.test("messages to one and to many connections can alternate in any order", () => {
  const turn = fc.record({ message: content, shared: fc.boolean() });
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 8 }), sizes, (turns, sizes) => {
      const servers = OFFERS.map((offer) =>
        new Harness({ offer, compression: { threshold: 0, level: 1 } })
      );
      for (const { message, shared } of turns) {
        const frames = shared ? new Map<unknown, Uint8Array>() : undefined;
        for (const server of servers) server.send(message, frames);
      }
      for (const [index, offer] of OFFERS.entries()) {
        const client = new Harness({
          client: true,
          offer,
          compression: {},
          onMessage: () => {},
        });
        feed(client, servers[index].out.take(), sizes);
        assertEquals(client.error, undefined);
        assertEquals(client.messages.map(normal), turns.map(({ message }) => normal(message)));
      }
    }),
    RUNS,
  );
});

Deno.test("text is valid exactly if the runtime's strict decoder accepts it", () => {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const nearly = fc.array(
    fc.constantFrom(0x41, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef)
      .chain((byte) => fc.constantFrom(byte, 0xf0, 0xf4, 0xf5, byte)),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(nearly, (list) => {
      const bytes = Uint8Array.from(list);
      let valid = true;
      try {
        decoder.decode(bytes);
      } catch {
        valid = false;
      }
      assertEquals(isUtf8(bytes), valid);
      const harness = new Harness().receive(frame({ opcode: TEXT, payload: bytes }));
      assertEquals(harness.error === undefined, valid);
    }),
    { seed: SEED, numRuns: 5000 },
  );
});

/** Bytes that look like frames, most of them. */
const noise = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc.record({
      opcode: fc.nat(15),
      fin: fc.boolean(),
      reserved: fc.constantFrom(0, 0, 0, 4, 1),
      payload: fc.uint8Array({ maxLength: 140 }),
    }).map(frame),
    fc.nat(0xffff).map((code) => close(code)),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((claimedLength) =>
      frame({ opcode: BINARY, claimedLength })
    ),
  ),
  { maxLength: 12 },
).map((parts) => joined(parts));

Deno.test("random bytes at most close their connection, with a code that says why", () => {
  fc.assert(
    fc.property(noise, sizes, offer, fc.boolean(), (bytes, sizes, offer, client) => {
      const harness = new Harness({ client, offer, compression: {}, maxMessageSize: 1000 });
      feed(harness, bytes, sizes);
      if (harness.error === undefined) return;
      assertInstanceOf(harness.error, WebSocketError);
      const last = harness.sent().at(-1)!;
      assertEquals(last.opcode, CLOSE);
      assert([1002, 1007, 1009].includes(closeCode(last)), `${closeCode(last)}`);
    }),
    { seed: SEED, numRuns: 5000 },
  );
});

Deno.test("the effect of random bytes does not depend on how they are cut", () => {
  const outcome = (bytes: Uint8Array, sizes: number[], offer?: string) => {
    const harness = new Harness({ offer, compression: {}, maxMessageSize: 1000 });
    feed(harness, bytes, sizes);
    const { messages, ended } = harness;
    const sent = harness.sent().map(({ opcode, payload }) => [opcode, payload.toHex()]);
    return { messages: messages.map(normal), ended, sent };
  };
  fc.assert(
    fc.property(noise, sizes, offer, (bytes, sizes, offer) => {
      assertEquals(outcome(bytes, sizes, offer), outcome(bytes, [bytes.length || 1], offer));
    }),
    { seed: SEED, numRuns: 2000 },
  );
});
