import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { WebSocketError } from "../../protocols/websocket/close.ts";
import { described } from "./cases/case.ts";
import {
  bytesOf,
  close,
  closeCode,
  CONTINUATION,
  frame,
  hex,
  joined,
  PING,
  PONG,
  readFrames,
  TEXT,
  text,
  textOf,
} from "./frames.ts";
import { Harness, type HarnessOptions } from "./harness.ts";
import { InflatingPeer } from "./inflating_peer.ts";

const offer = "permessage-deflate; client_max_window_bits";

/** The frames of a server's harness, described. */
function replies(harness: Harness): string[] {
  return harness.sent().map((frame) => described(frame));
}

Deno.test("a message whose UTF-8 needs a longer header than its UTF-16 length is framed correctly", () => {
  // 42 characters of three bytes are 126 bytes; 21846 of them are 65,538.
  for (const count of [41, 42, 21845, 21846]) {
    const harness = new Harness();
    harness.send("€".repeat(count));
    const [frame] = harness.sent();
    assertEquals(textOf(frame.payload), "€".repeat(count));
  }
});

Deno.test("a lone surrogate is sent as U+FFFD", () => {
  const harness = new Harness();
  harness.send("a\ud800b");
  assertEquals(replies(harness), ["text a\ufffdb"]);
});

Deno.test("a client masks every frame with its own key", () => {
  const harness = new Harness({ client: true });
  harness.send("same");
  harness.send("same");
  harness.send(bytesOf("same"));
  harness.send({ ping: "same" });
  const bytes = harness.out.take();
  const frames = readFrames(bytes);
  assert(frames.every((frame) => frame.masked));
  assertEquals(frames.map((frame) => textOf(frame.payload)), ["same", "same", "same", "same"]);
  const keys = [2, 12, 22, 32].map((at) => bytes.slice(at, at + 4).toHex());
  assertEquals(new Set(keys).size, 4);
});

Deno.test("a client refuses masked frames and accepts unmasked ones", () => {
  const harness = new Harness({ client: true, onMessage: () => {} });
  harness.receive(hex("810548656c6c6f")).receive(text("masked"));
  assertEquals(harness.messages, ["Hello"]);
  const [closing] = harness.sent();
  assertEquals([closing.masked, closeCode(closing)], [true, 1002]);
});

Deno.test("a protocol violation has a close code and closes the connection", () => {
  const harness = new Harness({ maxMessageSize: 10 }).receive(text("eleven byte"));
  assertInstanceOf(harness.error, WebSocketError);
  const error = harness.error as WebSocketError;
  assertEquals(error.closeCode, 1009);
  assertEquals(error.code, "GOER_PACKET_TOO_LARGE");
  assertEquals(error.message, "The message is larger than 10 bytes");
  assertEquals(harness.session.closeStatus?.code, 1006);
});

Deno.test("maxPacketSize of the service is the default of maxMessageSize", () => {
  const harness = new Harness({ maxPacketSize: 10 }).receive(text("eleven byte"));
  assertEquals(replies(harness), ["close 1009"]);
});

// ---- closing ----

Deno.test("closing sends 1000 and waits for the peer's close frame", () => {
  const harness = new Harness();
  harness.close();
  assertEquals(replies(harness), ["close 1000"]);
  assert(!harness.ended);
  harness.receive(close(1000, "bye"));
  assert(harness.ended);
  assertEquals(replies(harness), []);
  assertEquals(harness.session.closeStatus, { code: 1000, reason: "bye" });
});

Deno.test("a peer that never answers the close frame is disconnected after closeTimeout", () => {
  const harness = new Harness({ closeTimeout: 500 });
  harness.close();
  harness.pass(499);
  assert(!harness.ended);
  harness.pass(1);
  assert(harness.ended);
  harness.session.closed();
  assertEquals(harness.session.closeStatus?.code, 1006);
});

Deno.test("a restart closes with 1012, and a handler that throws closes with 1011", () => {
  const codes = { restart: 1012, error: 1011 } as const;
  for (const [reason, code] of Object.entries(codes)) {
    const harness = new Harness();
    harness.close(reason as keyof typeof codes);
    assertEquals(replies(harness), [`close ${code}`]);
  }
});

Deno.test("the application can close with its own code and reason", () => {
  const harness = new Harness();
  harness.send({ code: 4001, reason: "gone fishing" });
  const [frame] = harness.sent();
  assertEquals(closeCode(frame), 4001);
  assertEquals(textOf(frame.payload.slice(2)), "gone fishing");
});

Deno.test("an invalid code or reason throws, and the connection stays open", () => {
  const harness = new Harness();
  for (const code of [999, 1005, 1006, 1015, 2999, 5000, NaN, 1000.5]) {
    assertThrows(
      () => harness.send({ code }),
      RangeError,
      "Cannot close the connection: the code must be",
    );
  }
  assertThrows(
    () => harness.send({ code: 1000, reason: "x".repeat(124) }),
    RangeError,
    "Cannot close the connection: the reason has 124 bytes, and at most 123 are allowed",
  );
  harness.send("still open");
  assertEquals(replies(harness), ["text still open"]);
});

Deno.test("an invalid message is refused with the allowed types", () => {
  const harness = new Harness();
  for (const wrong of [{}, { text: "hello" }, 5]) {
    assertThrows(
      () => harness.send(wrong as unknown as string),
      TypeError,
      "give a string, a Uint8Array, { ping } or { code, reason }",
    );
  }
  harness.send("still open");
  assertEquals(replies(harness), ["text still open"]);
});

Deno.test("after its close frame, this side neither sends nor delivers messages", () => {
  const harness = new Harness();
  harness.close();
  harness.session.write("late", harness.out);
  harness.session.write({ ping: "late" }, harness.out);
  harness.receive(joined([text("late"), frame({ opcode: PING, payload: "late" })]));
  assertEquals(harness.messages, []);
  assertEquals(replies(harness), ["close 1000"]);
  assert(!harness.ended);
});

Deno.test("bytes after the peer's close frame are not an error", () => {
  const harness = new Harness().receive(joined([close(4000), hex("ffff"), text("late")]));
  assertEquals([harness.error, harness.messages, harness.ended], [undefined, [], true]);
  assertEquals(replies(harness), ["close 4000"]);
  assertEquals(harness.session.closeStatus?.code, 4000);
});

Deno.test("a violation after this side's close frame ends the connection", () => {
  const harness = new Harness();
  harness.close();
  harness.receive(hex("ffff"));
  assert(harness.ended);
  assertEquals(replies(harness), ["close 1000"]);
});

Deno.test("a peer that ends without a close frame has closed with 1006", () => {
  const harness = new Harness();
  harness.session.end();
  harness.session.closed();
  assert(harness.ended);
  assertEquals(harness.session.closeStatus, { code: 1006, reason: "" });
});

Deno.test("a message with ping and code is refused, and nothing is sent", () => {
  const harness = new Harness();
  const both = { ping: "x", code: 1000 } as unknown as string;
  assertThrows(() => harness.send(both), TypeError, "send the ping first");
  harness.send("still open");
  assertEquals(replies(harness), ["text still open"]);
});

// ---- pings ----

/** A server that pings after 1,000 ms and waits 100 ms for the answer. */
function pinging(options: HarnessOptions = {}): Harness {
  return new Harness({ pingInterval: 1000, pongTimeout: 100, ...options });
}

Deno.test("a silent peer gets a ping, and is disconnected if it stays silent", () => {
  const harness = pinging();
  harness.pass(1000);
  assertEquals(harness.sent().map(({ opcode }) => opcode), [PING]);
  harness.pass(99);
  assert(!harness.ended);
  harness.pass(1);
  assert(harness.destroyed);
  assertEquals((harness.error as { code?: string }).code, "GOER_IDLE_TIMEOUT");
  assertEquals(harness.error!.message, "The peer was silent for 1100 ms, also after a ping");
});

Deno.test("a peer that answers the ping stays", () => {
  const harness = pinging();
  for (let round = 0; round < 5; round++) {
    harness.pass(1000);
    assertEquals(harness.sent().length, 1, `round ${round}`);
    harness.receive(frame({ opcode: PONG }));
    harness.pass(100);
    assert(!harness.ended, `round ${round}`);
  }
});

Deno.test("a peer that sends anything gets no ping", () => {
  const harness = pinging({ onMessage: () => {} });
  for (let round = 0; round < 5; round++) {
    harness.pass(500);
    harness.receive(text("busy").subarray(0, 3)).receive(text("busy").subarray(3));
    harness.pass(500);
  }
  assertEquals(harness.sent(), []);
});

Deno.test("a peer whose pong waits behind a pending handler is not dropped", () => {
  const harness = pinging();
  harness.pass(1000);
  harness.held = true;
  harness.pass(10_000);
  assert(!harness.ended);
  harness.held = false;
  harness.pass(1000);
  harness.pass(100);
  assert(harness.ended);
});

Deno.test("no ping is sent if pingInterval is 0, or after the close frame", () => {
  const silent = new Harness({ pingInterval: 0 });
  silent.pass(1_000_000);
  assertEquals(silent.sent(), []);
  const closing = pinging({ closeTimeout: 5000 });
  closing.close();
  closing.pass(4000);
  assertEquals(replies(closing), ["close 1000"]);
});

Deno.test("a ping carries data, and onPong receives it", () => {
  const pongs: string[] = [];
  const harness = new Harness({ onPong: (_, data) => pongs.push(textOf(data)) });
  harness.send({ ping: bytesOf("42") });
  const [ping] = harness.sent();
  harness.receive(frame({ opcode: PONG, payload: ping.payload }));
  assertEquals([ping.opcode, pongs], [PING, ["42"]]);
  assertThrows(
    () => harness.send({ ping: new Uint8Array(126) }),
    RangeError,
    "Cannot ping: the data has 126 bytes, and at most 125 are allowed",
  );
});

// ---- compression and broadcasts ----

Deno.test("only messages from the threshold on are compressed", () => {
  const harness = new Harness({ compression: { threshold: 10 }, offer });
  harness.send("x".repeat(9));
  harness.send("x".repeat(10));
  harness.send(new Uint8Array(9));
  harness.send(new Uint8Array(10));
  assertEquals(harness.sent().map(({ reserved }) => reserved), [0, 4, 0, 4]);
});

Deno.test("compression is off by default", () => {
  const harness = new Harness({ offer });
  harness.send("x".repeat(5000));
  assertEquals(harness.sent()[0].reserved, 0);
});

Deno.test("a second, similar message is smaller, unless the context is given up", () => {
  const lengths = (offer: string) => {
    const harness = new Harness({ compression: {}, offer });
    const message = Array.from({ length: 400 }, (_, index) => index * index).join();
    harness.send(message);
    harness.send(message);
    return harness.sent().map(({ payload }) => payload.length);
  };
  const [first, second] = lengths(offer);
  assert(second < first / 10, `${first}, then ${second}`);
  const [alone, again] = lengths(`${offer}; server_no_context_takeover`);
  assertEquals(alone, again);
});

Deno.test("a broadcast is framed once, and every receiver gets what it was sent", () => {
  const offers = [undefined, undefined, offer, offer, `${offer}; server_no_context_takeover`];
  const harnesses = offers.map((offer) => new Harness({ compression: { threshold: 20 }, offer }));
  const peers = offers.map((offer) => new InflatingPeer(offer));
  const sent = ["alpha ", "beta ", "gamma ", "alpha "].map((word) => word.repeat(10));
  for (const message of sent) {
    const shared = new Map<unknown, Uint8Array>();
    for (const harness of harnesses) {
      harness.send(message, shared);
      harness.send(`${message} for you alone, ${message}`);
    }
    assertEquals(shared.size, 2);
  }
  harnesses.forEach((harness, index) => {
    assertEquals(
      harness.sent().map((frame) => textOf(peers[index].payloadOf(frame))),
      sent.flatMap((message) => [message, `${message} for you alone, ${message}`]),
    );
  });
});

// ---- slow messages ----

Deno.test("a message that takes too long closes its connection with 1008", () => {
  const whole = frame({ opcode: TEXT, payload: "x".repeat(300) });
  const beginnings = {
    "half a frame": whole.slice(0, 200),
    "half a header": whole.slice(0, 3),
    "one byte": whole.slice(0, 1),
    "half a message": frame({ opcode: TEXT, payload: "half", fin: false }),
    "half a ping": frame({ opcode: PING, payload: "ping" }).slice(0, 4),
  };
  for (const [what, bytes] of Object.entries(beginnings)) {
    const harness = new Harness({ messageTimeout: 1000, pingInterval: 0 }).receive(bytes);
    harness.pass(999);
    assertEquals([what, harness.ended], [what, false]);
    harness.pass(1);
    assertEquals([what, harness.ended, replies(harness)], [what, true, ["close 1008"]]);
    assertEquals((harness.error as WebSocketError).closeCode, 1008);
  }
});

Deno.test("frames within a message do not extend its time", () => {
  const trickles = [
    () => frame({ opcode: CONTINUATION, payload: "x", fin: false }),
    () => frame({ opcode: CONTINUATION, payload: "", fin: false }),
    () => frame({ opcode: PING }),
  ];
  for (const trickle of trickles) {
    const harness = new Harness({ messageTimeout: 1000 });
    harness.receive(frame({ opcode: TEXT, payload: "x", fin: false }));
    for (let time = 0; time < 1000; time += 100) {
      assert(!harness.ended);
      harness.receive(trickle());
      harness.pass(100);
    }
    assert(harness.ended);
  }
});

Deno.test("each message has its own time, and one that arrives whole needs no timer", () => {
  const harness = new Harness({ messageTimeout: 1000, pingInterval: 0, onMessage: () => {} });
  const [first, second] = [text("first"), text("second")];
  harness.receive(first.slice(0, 5));
  harness.pass(600);
  harness.receive(joined([first.slice(5), second.slice(0, 5)]));
  harness.pass(600);
  assert(!harness.ended);
  harness.receive(second.slice(5));
  harness.pass(100_000);
  assertEquals([harness.messages, harness.ended], [["first", "second"], false]);
});

Deno.test("time in which this side holds a connection's messages back does not count", () => {
  const harness = new Harness({ messageTimeout: 1000, pingInterval: 0 });
  harness.receive(text("message").slice(0, 5));
  harness.held = true;
  harness.pass(1000);
  assert(!harness.ended);
  harness.held = false;
  harness.pass(1000);
  assert(harness.ended);
});
