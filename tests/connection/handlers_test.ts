import { assertEquals, assertStringIncludes } from "@std/assert";
import { raw } from "../../protocols/raw.ts";
import { text } from "../../protocols/text.ts";
import { openHarness, turns } from "../helpers/session_harness.ts";

Deno.test("a connection handles its messages one after the other, in order", async () => {
  const log: string[] = [];
  let finish: () => void = () => {};
  using peer = openHarness(text, {
    async onMessage(_connection, line) {
      log.push(`begin ${line}`);
      await new Promise<void>((resolve) => finish = resolve);
      log.push(`end ${line}`);
    },
  });
  peer.receive("a\nb\n");
  assertEquals(log, ["begin a"]);
  finish();
  await turns();
  assertEquals(log, ["begin a", "end a", "begin b"]);
  finish();
  await turns();
});

Deno.test("a pending onConnect holds back the first message", async () => {
  const log: string[] = [];
  let finish: () => void = () => {};
  using peer = openHarness(text, {
    onConnect: () => new Promise<void>((resolve) => finish = resolve),
    onMessage: (_connection, line) => log.push(line),
  });
  peer.receive("a\n");
  assertEquals(log, []);
  finish();
  await turns();
  assertEquals(log, ["a"]);
});

Deno.test("while a handler is pending, only a little is read ahead", async () => {
  let finish: () => void = () => {};
  using peer = openHarness(text, {
    onMessage: () => new Promise<void>((resolve) => finish = resolve),
  });
  peer.receive("a\n");
  assertEquals(peer.paused, false);
  peer.receive("b\n".repeat(16 * 1024));
  assertEquals(peer.paused, true);
  finish();
  await turns();
  assertEquals(peer.paused, true);
});

Deno.test("a message stays valid until its handler has settled", async () => {
  const seen: string[] = [];
  let finish: () => void = () => {};
  using peer = openHarness(raw, {
    async onMessage(_connection, bytes) {
      await new Promise<void>((resolve) => finish = resolve);
      seen.push(new TextDecoder().decode(bytes));
    },
  });
  peer.receive("first");
  peer.receive("second");
  peer.receive("third");
  for (let turn = 0; turn < 2; turn++) {
    finish();
    await turns();
  }
  assertEquals(seen, ["first", "secondthird"]);
});

Deno.test("a handler that throws is reported and closes its connection", () => {
  using peer = openHarness(text, {
    onMessage() {
      throw new Error("no such user");
    },
  });
  peer.receive("a\nb\n");
  assertEquals(peer.errors.map(({ code }) => code), ["GOER_HANDLER"]);
  assertStringIncludes(peer.errors[0].message, "no such user");
  assertEquals(peer.ended, true);
});

Deno.test("a handler that rejects is reported and closes its connection", async () => {
  using peer = openHarness(text, { onMessage: () => Promise.reject(new Error("too late")) });
  peer.receive("a\n");
  await turns();
  assertEquals(peer.errors.map(({ code }) => code), ["GOER_HANDLER"]);
  assertEquals(peer.ended, true);
});

Deno.test("onClose is called once, with the error that broke the connection", () => {
  const reasons: (string | undefined)[] = [];
  using peer = openHarness(text, { onClose: (_connection, error) => reasons.push(error?.message) });
  peer.reset();
  assertEquals(reasons, ["reset by the peer"]);
});

Deno.test("an error of a handler is logged once, and an error of onError is not passed to it again", () => {
  const written: string[] = [];
  const { error } = console;
  console.error = (thing: unknown) => written.push(String(thing));
  try {
    using peer = openHarness(text, {
      onMessage() {
        throw new Error("first");
      },
      onError() {
        throw new Error("second");
      },
    });
    peer.receive("a\n");
    assertEquals(written.length, 2);
    assertStringIncludes(written[0], "GOER_HANDLER: onMessage failed for 192.0.2.1:4711: first");
    assertStringIncludes(written[1], "GOER_HANDLER: onError failed for 192.0.2.1:4711: second");
    assertStringIncludes(written[1], "caused by Error: second");
  } finally {
    console.error = error;
  }
});

Deno.test("pause holds messages back, and resume delivers them in order", () => {
  const lines: string[] = [];
  using peer = openHarness(text, {
    onMessage(connection, line) {
      lines.push(line);
      if (line === "b") connection.pause();
    },
  });
  peer.receive("a\nb\nc\nd\n");
  assertEquals(lines, ["a", "b"]);
  assertEquals(peer.paused, true);
  peer.connection.resume();
  assertEquals(lines, ["a", "b", "c", "d"]);
  assertEquals(peer.paused, false);
});

Deno.test("a peer that ends its side still gets its replies, then the connection ends", async () => {
  let finish: () => void = () => {};
  using peer = openHarness(text, {
    async onMessage(connection, line) {
      await new Promise<void>((resolve) => finish = resolve);
      connection.send(line);
    },
  });
  peer.receive("a\n");
  peer.receiveEnd();
  assertEquals(peer.ended, false);
  finish();
  await turns();
  assertEquals(peer.sent, "a\n");
  assertEquals(peer.destroyed, true);
});
