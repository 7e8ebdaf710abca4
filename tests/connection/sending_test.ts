import { assertEquals } from "@std/assert";
import type { SessionProtocol } from "../../src/protocol/protocol.ts";
import { MORE } from "../../src/protocol/session.ts";
import { raw } from "../../protocols/raw.ts";
import { text } from "../../protocols/text.ts";
import { bytesOf, type Harness, openHarness, turns } from "../helpers/session_harness.ts";

/** Counts the writes that reach the socket. */
function countWrites<In, Out>(peer: Harness<In, Out>): () => number {
  const { write } = peer;
  let count = 0;
  peer.write = (bytes, length) => {
    count++;
    return write.call(peer, bytes, length);
  };
  return () => count;
}

Deno.test("everything that one turn sends leaves in one write", async () => {
  using peer = openHarness(text);
  const writes = countWrites(peer);
  for (let number = 0; number < 100; number++) peer.connection.send(String(number));
  assertEquals(writes(), 0);
  await turns();
  assertEquals(writes(), 1);
});

Deno.test("the replies to messages that arrived together leave together", () => {
  using peer = openHarness(text, { onMessage: (connection, line) => connection.send(line) });
  const writes = countWrites(peer);
  peer.receive("a\nb\nc\n");
  assertEquals([peer.sent, writes()], ["a\nb\nc\n", 1]);
});

Deno.test("send says whether a message is accepted, queued or refused", async () => {
  using peer = openHarness(text, { stalled: true, maxSendBufferSize: 4 });
  assertEquals(peer.connection.send("a"), "accepted");
  await turns();
  assertEquals(peer.connection.send("b"), "queued");
  assertEquals(peer.connection.send("c"), "full");
  peer.connection.close();
  assertEquals(peer.connection.send("d"), "closed");
  for (let write = 0; write < 2; write++) peer.flush();
  assertEquals(peer.sent, "a\nb\n");
});

Deno.test("the last message is sent even if the send buffer is full", async () => {
  using peer = openHarness(text, { stalled: true, maxSendBufferSize: 4 });
  peer.connection.send("a long line");
  await turns();
  assertEquals(peer.connection.send("b"), "full");
  peer.connection.close("too slow");
  for (let write = 0; write < 2; write++) peer.flush();
  assertEquals(peer.sent, "a long line\ntoo slow\n");
});

Deno.test("a message larger than the send buffer is sent if nothing else is queued", async () => {
  using peer = openHarness(text, { maxSendBufferSize: 4 });
  peer.connection.send("longer than four");
  await turns();
  assertEquals(peer.sent, "longer than four\n");
});

Deno.test("bytes are copied, so changing them after send has no effect", async () => {
  using peer = openHarness(raw);
  for (const size of [3, 20_000]) {
    const bytes = new Uint8Array(size).fill(65);
    peer.connection.send(bytes);
    bytes.fill(66);
  }
  await turns();
  assertEquals(peer.sent, "A".repeat(20_003));
});

Deno.test("raw bytes bypass the protocol", async () => {
  using peer = openHarness(text);
  peer.connection.send(bytesOf("no line end"), { raw: true });
  await turns();
  assertEquals(peer.sent, "no line end");
});

Deno.test("onBufferFull and onBufferDrain are called once each time the buffer fills and empties", async () => {
  const log: string[] = [];
  using peer = openHarness(text, {
    stalled: true,
    maxSendBufferSize: 4,
    onBufferFull: () => log.push("full"),
    onBufferDrain: () => log.push("drain"),
  });
  for (let round = 0; round < 2; round++) {
    for (let number = 0; number < 5; number++) peer.connection.send("x");
    await turns();
    peer.flush();
    peer.flush();
  }
  assertEquals(log, ["full", "drain", "full", "drain"]);
});

Deno.test("Goer does not read from a peer that does not read, and loses nothing", async () => {
  const lines: string[] = [];
  using peer = openHarness(text, {
    stalled: true,
    maxSendBufferSize: 4,
    onMessage(connection, line) {
      lines.push(line);
      connection.send(line);
    },
  });
  peer.receive("aa\nbb\ncc\ndd\n");
  assertEquals([lines, peer.paused], [["aa", "bb"], true]);
  for (let write = 0; write < 4; write++) {
    peer.flush();
    await turns();
  }
  assertEquals(lines, ["aa", "bb", "cc", "dd"]);
  assertEquals(peer.sent, "aa\nbb\ncc\ndd\n");
});

Deno.test("close sends queued bytes and the last message, then ends", () => {
  using peer = openHarness(text, {
    onMessage(connection) {
      connection.send("one");
      connection.close("two");
    },
  });
  peer.receive("a\nb\n");
  assertEquals([peer.sent, peer.ended, peer.destroyed], ["one\ntwo\n", true, false]);
  peer.receiveEnd();
  assertEquals(peer.destroyed, true);
});

Deno.test("destroy ends immediately and drops queued bytes", async () => {
  using peer = openHarness(text);
  peer.connection.send("lost");
  peer.connection.destroy();
  await turns();
  assertEquals([peer.sent, peer.destroyed], ["", true]);
});

Deno.test("counters show the bytes received, taken by the system, and queued", async () => {
  using peer = openHarness(text, { stalled: true });
  peer.receive("hello\n");
  peer.connection.send("abc");
  await turns();
  const { connection } = peer;
  assertEquals([connection.bytesRead, connection.bytesWritten, connection.bufferedBytes], [
    6,
    0,
    4,
  ]);
  peer.flush();
  assertEquals([connection.bytesRead, connection.bytesWritten, connection.bufferedBytes], [
    6,
    4,
    0,
  ]);
});

Deno.test("pipe forwards messages as fast as the other side takes them, and ends it at the end", async () => {
  using to = openHarness(text, { stalled: true, maxSendBufferSize: 4 });
  using from = openHarness(text);
  from.connection.pipe(to.connection);
  from.receive("aa\nbb\ncc\n");
  assertEquals(from.paused, true);
  from.receiveEnd();
  for (let write = 0; write < 4; write++) {
    await turns();
    to.flush();
  }
  assertEquals(to.sent, "aa\nbb\ncc\n");
  assertEquals([from.destroyed, to.ended], [true, true]);
});

Deno.test("deferred text, even if empty, is sent before what follows", async () => {
  const bracketed: SessionProtocol<never, string> = {
    name: "bracketed",
    open: () => ({
      read: () => MORE,
      write: (text, out, shared) => {
        if (shared !== undefined) out.give(bytesOf(`(${text})`));
        else out.later(text, (texts, out) => texts.forEach((one) => out.text(`[${one}]`)));
      },
    }),
  };
  using peer = openHarness(bracketed);
  peer.connection.send("");
  peer.connection.sendShared("all", new Map());
  await turns();
  assertEquals(peer.sent, "[](all)");
});

Deno.test("drained resolves to true once the system has taken all that was sent", async () => {
  using peer = openHarness(text, { stalled: true });
  peer.connection.send("a");
  await turns();
  peer.connection.send("b");
  let written: boolean | undefined;
  const drained = peer.connection.drained().then((result) => written = result);
  peer.flush();
  await turns();
  assertEquals(written, undefined);
  peer.flush();
  assertEquals([await drained, peer.connection.bufferedBytes], [true, 0]);
});

Deno.test("drained resolves to true immediately if nothing is queued", async () => {
  using peer = openHarness(text);
  assertEquals(await peer.connection.drained(), true);
});

Deno.test("drained resolves to true for the last message of a connection that closes", async () => {
  using peer = openHarness(text);
  peer.connection.close("bye");
  assertEquals([await peer.connection.drained(), peer.sent], [true, "bye\n"]);
});

Deno.test("drained resolves to false if the connection ends first", async () => {
  using peer = openHarness(text, { stalled: true });
  peer.connection.send("a");
  await turns();
  const drained = peer.connection.drained();
  peer.connection.destroy();
  assertEquals([await drained, await peer.connection.drained()], [false, false]);
});
