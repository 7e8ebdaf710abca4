import { assert, assertEquals } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { conformance, pattern } from "./harness.ts";

/** The number of bytes to echo. */
const TOTAL = 64 << 20;
/** The default of `maxSendBufferSize`, in bytes. */
const SEND_BUFFER = 1 << 20;
/** What a connection may hold besides a full send buffer, in bytes. */
const SLACK = 512 << 10;
/** How much a process may grow while it holds such a connection, in bytes. */
const GROWTH = 56 << 20;

conformance(
  "64 MiB pass through an echo with a slow reader, in bounded memory",
  async (app) => {
    using socket = await app.connect("raw");
    const piece = 1 << 18;
    for (let round = 0; round < 64; round++) { // The memory of a warm process is the baseline.
      await Promise.all([socket.send(pattern(piece)), socket.receive(piece)]);
    }
    const [{ bytesRead: base }] = await app.connections("raw");
    const before = await app.ask<number>("memory");
    const sending = (async () => {
      for (let sent = 0; sent < TOTAL; sent += piece) await socket.send(pattern(piece, sent));
    })();
    sending.catch(() => {}); // A failed assertion closes the socket during a read.
    await settled(() => app.connections("raw").then(([{ bytesRead }]) => bytesRead));
    const [{ bytesRead, bytesWritten, bufferedBytes }] = await app.connections("raw");
    assert(bytesRead - base < TOTAL, "the peer is read on although it does not read");
    assert(
      bytesRead - bytesWritten <= SEND_BUFFER + SLACK,
      `${bytesRead - bytesWritten} bytes held`,
    );
    assert(bufferedBytes <= SEND_BUFFER + SLACK, `${bufferedBytes} bytes buffered`);
    let memory = 0;
    for (let received = 0; received < TOTAL; received += piece) {
      assertEquals(await socket.receive(piece), pattern(piece, received));
      if (received % (8 << 20) === 0) {
        memory = Math.max(memory, await app.ask<number>("memory"));
        const [{ bufferedBytes }] = await app.connections("raw");
        assert(bufferedBytes <= SEND_BUFFER + SLACK, `${bufferedBytes} bytes buffered`);
      }
    }
    await sending;
    assert(memory - before <= GROWTH, `the process has grown by ${memory - before} bytes`);
  },
);

conformance("a flood stops at a full send buffer and continues after the drain", async (app) => {
  using socket = await app.connect("flood");
  await app.seen("flood", "full");
  const [{ bufferedBytes }] = await app.connections("flood");
  assert(bufferedBytes <= SEND_BUFFER + SLACK, `${bufferedBytes} bytes buffered`);
  const piece = 1 << 18;
  for (let received = 0; received < TOTAL; received += piece) {
    assertEquals(await socket.receive(piece), pattern(piece, received));
  }
  assertEquals(await socket.ending(), "end");
  const events = await app.events("flood");
  const order = events.map(({ name }) => name).filter((name) => /full|drain/.test(name));
  assert(order.length >= 2);
  assertEquals(order, order.map((_, index) => index % 2 === 0 ? "full" : "drain"));
});

conformance("a pending handler stops reading from its peer", async (app) => {
  using socket = await app.connect("held");
  await app.holds("held", 1);
  let sent = 0;
  const sending = (async () => {
    for (; sent < TOTAL; sent += 1 << 16) await socket.send(new Uint8Array(1 << 16));
  })().catch(() => {});
  const bytesRead = await settled(() => app.connections("held").then(([held]) => held.bytesRead));
  assert(bytesRead <= SLACK, `${bytesRead} bytes read while the handler was pending`);
  assert(sent < TOTAL);
  socket.close();
  await sending;
  await app.ask("release");
});

conformance("a peer that never reads does not slow the others down", async (app) => {
  using deaf = await app.connect("flood");
  await app.seen("flood", "full");
  using socket = await app.connect("text");
  for (let round = 0; round < 100; round++) {
    await socket.send(`${round}\n`);
    assertEquals(await socket.line(), String(round));
  }
  deaf.close();
  await app.holds("flood", 0);
});

conformance("maxConcurrentHandlers limits the whole service", async (app) => {
  using stack = new DisposableStack();
  const sockets = await Promise.all([1, 2, 3, 4].map(() => app.connect("pool")));
  for (const socket of sockets) stack.use(socket);
  for (const socket of sockets) await socket.send("x\n");
  for (const waiting of [2, 2]) {
    // All four messages have arrived when the number is stable.
    assertEquals(await settled(() => app.ask<number>("held")), waiting);
    await app.ask("release");
  }
  assertEquals(await app.ask("held"), 0);
});

conformance("connections that wait for a handler can be closed", async (app) => {
  using stack = new DisposableStack();
  const sockets = await Promise.all([1, 2, 3, 4].map(() => app.connect("pool")));
  for (const socket of sockets) stack.use(socket);
  for (const socket of sockets) await socket.send("x\n");
  await app.holds("pool", 4);
  stack.dispose();
  await app.ask("release");
  await until("the app answers", async () => await app.ask("ping") === "ping");
});

/** Waits until a number has stopped growing, and returns it. */
async function settled(probe: () => Promise<number>): Promise<number> {
  let [last, same] = [-1, 0];
  return await until("a number that stays", async () => {
    const next = await probe();
    same = next === last ? same + 1 : 0;
    last = next;
    return same > 20 && { last };
  }).then(({ last }) => last);
}
