import { assert, assertEquals } from "@std/assert";
import { conformance } from "./harness.ts";

/** What `input` returns for each byte sent to the service `faulty`, and the resulting error. */
const INPUT_FAULTS: Record<string, [byte: string, code: string]> = {
  "a negative length": ["-", "GOER_PROTOCOL"],
  "NaN": ["n", "GOER_PROTOCOL"],
  "a broken number": [".", "GOER_PROTOCOL"],
  "an infinite length": ["i", "GOER_PROTOCOL"],
  "more than maxPacketSize": ["b", "GOER_PACKET_TOO_LARGE"],
  "an exception": ["t", "GOER_PROTOCOL"],
};

for (const [fault, [byte, code]] of Object.entries(INPUT_FAULTS)) {
  conformance(
    `an input function that returns ${fault} ends only its own connection`,
    async (app) => {
      using other = await app.connect("faulty");
      using socket = await app.connect("faulty");
      await socket.send(byte);
      await socket.ending();
      assertEquals((await app.seen("faulty", "error")).map((event) => event.code), [code]);
      await other.send("ok");
      assertEquals(await other.text(2), "ok");
      await app.holds("faulty", 1);
    },
  );
}

conformance("a decode function that throws ends only its own connection", async (app) => {
  using socket = await app.connect("faulty");
  await socket.send("d");
  await socket.ending();
  const [error] = await app.seen("faulty", "error");
  assertEquals(error.code, "GOER_PROTOCOL");
  assert(error.message?.includes("decode threw"), error.message);
  await app.holds("faulty", 0);
});

conformance("an encode function that throws is an error of the handler", async (app) => {
  using socket = await app.connect("faulty");
  await socket.send("e");
  await socket.ending();
  const [error] = await app.seen("faulty", "error");
  assertEquals(error.code, "GOER_HANDLER");
  await app.holds("faulty", 0);
});

for (const way of ["throw", "reject", "number"]) {
  conformance(`a handler that fails (${way}) ends only its own connection`, async (app) => {
    using other = await app.connect("fail");
    using socket = await app.connect("fail");
    await socket.send(`fine\n${way}\nignored\n`);
    assertEquals(new TextDecoder().decode(await socket.receiveAll()), "fine\n");
    const [error] = await app.seen("fail", "error");
    assertEquals(error.code, "GOER_HANDLER");
    await app.seen("fail", "close");
    await other.send("still here\n");
    assertEquals(await other.line(), "still here");
    await app.holds("fail", 1);
  });
}

conformance("invalid UTF-8 in a text message closes the connection with an error", async (app) => {
  using socket = await app.connect("text");
  await socket.send(new Uint8Array([0xc3, 0x28, 0x0a]));
  await socket.ending();
  assertEquals((await app.seen("text", "error"))[0].code, "GOER_PROTOCOL");
  await app.holds("text", 0);
});

conformance("UTF-8 split between two chunks is valid", async (app) => {
  using socket = await app.connect("text");
  const bytes = new TextEncoder().encode("€\n");
  for (const byte of bytes) {
    await socket.send(new Uint8Array([byte]));
    await app.ask("ping");
  }
  assertEquals(await socket.line(), "€");
});

conformance("a frame shorter than its own header is an error", async (app) => {
  for (const length of [0, 1, 2, 3]) {
    using socket = await app.connect("frame");
    await socket.send(new Uint8Array([0, 0, 0, length, 9, 9, 9, 9]));
    await socket.ending();
    assertEquals((await app.seen("frame", "error", length + 1))[length].code, "GOER_PROTOCOL");
  }
  await app.holds("frame", 0);
});

conformance("garbage ends only the connections that send it", async (app) => {
  using other = await app.connect("text");
  for (const service of ["text", "frame", "json", "strict", "strictFrame", "faulty"]) {
    const socket = await app.connect(service);
    const garbage = crypto.getRandomValues(new Uint8Array(60_000));
    await socket.send(garbage).catch(() => {});
    socket.close();
  }
  await other.send("still here\n");
  assertEquals(await other.line(), "still here");
  for (const service of ["frame", "json", "strict", "strictFrame", "faulty"]) {
    await app.holds(service, 0);
  }
});
