import { assertEquals } from "@std/assert";
import { Socket } from "../helpers/socket.ts";
import { conformance, pattern } from "./harness.ts";

conformance("1,000 simultaneous connections are all served", async (app) => {
  const address = app.address("text");
  using stack = new DisposableStack();
  const sockets = await Promise.all(
    Array.from({ length: 1000 }, () => Socket.connect(address)),
  );
  for (const socket of sockets) stack.use(socket);
  await Promise.all(sockets.map((socket, index) => socket.send(`from ${index}\n`)));
  const lines = await Promise.all(sockets.map((socket) => socket.line()));
  assertEquals(lines, sockets.map((_, index) => `from ${index}`));
  const counted = await app.connections("text");
  assertEquals(counted.length, 1000);
  assertEquals(counted.every(({ found }) => found), true);
  assertEquals(new Set(counted.map(({ id }) => id)).size, 1000);
  stack.dispose();
  await app.holds("text", 0);
  assertEquals((await app.seen("text", "close", 1000)).length, 1000);
});

conformance("a peer that half-closes gets all its replies, then the end", async (app) => {
  using socket = await app.connect("raw");
  const bytes = pattern(3 << 20);
  const received = socket.receiveAll();
  await socket.send(bytes);
  await socket.end();
  assertEquals(await received, bytes);
  await app.holds("raw", 0);
});

conformance("a peer that half-closes waits for a pending handler", async (app) => {
  using socket = await app.connect("slow");
  await socket.send("one\ntwo\n");
  await socket.end();
  assertEquals(new TextDecoder().decode(await socket.receiveAll()), "one\ntwo\n");
});

conformance("an incomplete message at the end is dropped", async (app) => {
  using socket = await app.connect("text");
  await socket.send("whole\npart");
  await socket.end();
  assertEquals(new TextDecoder().decode(await socket.receiveAll()), "whole\n");
});

conformance("a reset ends only its own connection", async (app) => {
  using other = await app.connect("greet");
  await other.line();
  const socket = await app.connect("greet");
  await app.holds("greet", 2);
  socket.close(); // The greeting was not received: the system sends a reset.
  await app.holds("greet", 1);
  assertEquals((await app.seen("greet", "close")).length, 1);
});

conformance("onClose knows the peer's address, even after a reset", async (app) => {
  const socket = await app.connect("greet");
  const { localAddress } = socket;
  await app.holds("greet", 1);
  socket.close();
  const [closed] = await app.seen("greet", "close");
  assertEquals(closed.peer, localAddress);
});

conformance("onConnect can send before the peer has sent anything", async (app) => {
  using socket = await app.connect("greet");
  assertEquals(await socket.line(), "hello");
});

conformance("close sends queued bytes and the last message, then ends", async (app) => {
  using socket = await app.connect("act");
  await socket.send("close\nignored\n");
  assertEquals(new TextDecoder().decode(await socket.receiveAll()), "first\nlast\n");
  const events = await app.events("act");
  assertEquals(events.some(({ name }) => name === "closed"), true);
  socket.close();
  await app.holds("act", 0);
});

conformance("destroy ends the connection immediately", async (app) => {
  using socket = await app.connect("act");
  await socket.send("destroy\n");
  await socket.ending();
  await app.seen("act", "close");
  await app.holds("act", 0);
});

conformance("pause holds messages back until resume", async (app) => {
  using socket = await app.connect("act");
  await socket.send("pause\nafter\n");
  assertEquals(await socket.text(13), "paused\nafter\n");
});

conformance("pipe forwards every message to another connection", async (app) => {
  using to = await app.connect("act");
  await to.send("id\n");
  const id = await to.line();
  using from = await app.connect("act");
  await from.send(`pipe ${id}\none\ntwo\n`);
  assertEquals(await to.text(8), "one\ntwo\n");
  await from.end();
  assertEquals(await to.ending(), "end");
});

conformance("an id is never reused", async (app) => {
  const ids = new Set<string>();
  for (let round = 0; round < 5; round++) {
    using socket = await app.connect("act");
    await socket.send("id\n");
    ids.add(await socket.line());
  }
  assertEquals(ids.size, 5);
});

conformance(
  "an idle connection is closed after idleTimeout, and onError gets the reason",
  async (app) => {
    using socket = await app.connect("idle");
    await socket.send("once");
    await socket.receive(4);
    await socket.ending();
    assertEquals((await app.seen("idle", "error"))[0].code, "GOER_IDLE_TIMEOUT");
  },
);

conformance("a connection over maxConnections is refused, and the others continue", async (app) => {
  using first = await app.connect("capped");
  using second = await app.connect("capped");
  await app.holds("capped", 2);
  // A reset may come so soon that connecting fails with it.
  using third = await app.connect("capped").catch((error) => {
    if (error instanceof Deno.errors.ConnectionReset) return undefined;
    throw error;
  });
  await third?.ending();
  for (const socket of [first, second]) {
    await socket.send("ping");
    assertEquals(await socket.text(4), "ping");
  }
  first.close();
  await app.holds("capped", 1);
  using fourth = await app.connect("capped");
  await fourth.send("ping");
  assertEquals(await fourth.text(4), "ping");
});

conformance(
  "an app with open connections ends automatically when its services close",
  async (app) => {
    const sockets = await Promise.all(["raw", "text", "frame"].map((name) => app.connect(name)));
    await app.holds("frame", 1);
    await app.stop();
    for (const socket of sockets) {
      await socket.ending();
      socket.close();
    }
  },
);
