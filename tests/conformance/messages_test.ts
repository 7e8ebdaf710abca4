import { assertEquals } from "@std/assert";
import { conformance, framed, joined, jsonPacket, pattern } from "./harness.ts";

/** Three messages of each protocol as bytes. Every service echoes them. */
const WIRE: Record<string, Uint8Array<ArrayBuffer>> = {
  text: new TextEncoder().encode("\nhé €\n𝄞 end\n"),
  frame: joined(framed(new Uint8Array()), framed(pattern(5)), framed(pattern(9))),
  json: joined(jsonPacket(null), jsonPacket({ a: [1] }), jsonPacket("é")),
};

for (const [service, bytes] of Object.entries(WIRE)) {
  conformance(`${service} messages can be cut anywhere`, async (app) => {
    using socket = await app.connect(service);
    for (let cut = 1; cut < bytes.length; cut++) {
      await socket.send(bytes.subarray(0, cut));
      await app.ask("ping"); // The app has completed a turn of its event loop, so the second part arrives separately.
      await socket.send(bytes.subarray(cut));
      assertEquals(await socket.receive(bytes.length), bytes, `cut at ${cut}`);
    }
  });

  conformance(`${service} messages can arrive byte by byte`, async (app) => {
    using socket = await app.connect(service);
    for (let index = 0; index < bytes.length; index++) {
      await socket.send(bytes.subarray(index, index + 1));
      await app.ask("ping");
    }
    assertEquals(await socket.receive(bytes.length), bytes);
  });

  conformance(`thousands of ${service} messages can arrive together`, async (app) => {
    using socket = await app.connect(service);
    const many = joined(...Array.from({ length: 2000 }, () => bytes));
    const [received] = await Promise.all([socket.receive(many.length), socket.send(many)]);
    assertEquals(received, many);
  });
}

conformance("text drops a carriage return before the newline", async (app) => {
  using socket = await app.connect("text");
  await socket.send("one\r\ntwo\n\r\nthr\ree\n");
  assertEquals(await socket.text(16), "one\ntwo\n\nthr\ree\n".slice(0, 16));
});

conformance("a message of the maximum size is accepted", async (app) => {
  using socket = await app.connect("frame");
  const packet = framed(pattern((10 << 20) - 4));
  const [received] = await Promise.all([socket.receive(packet.length), socket.send(packet)]);
  assertEquals(received, packet);
});

conformance(
  "a message over maxPacketSize ends the connection before it has arrived",
  async (app) => {
    using socket = await app.connect("frame");
    await socket.send(framed(new Uint8Array(0)));
    await socket.receive(4);
    await socket.send(new Uint8Array([0, 160, 0, 1])); // 10 MiB + 1
    await socket.ending();
    const [error] = await app.seen("frame", "error");
    assertEquals(error.code, "GOER_PACKET_TOO_LARGE");
    await app.holds("frame", 0);
  },
);

conformance("maxPacketSize bytes are accepted, and one more is not", async (app) => {
  for (const service of ["strict", "strictFrame"]) {
    const make = (size: number): Uint8Array =>
      service === "strict"
        ? new TextEncoder().encode("x".repeat(size) + "\n") // The line end does not count.
        : framed(new Uint8Array(size - 4));
    using good = await app.connect(service);
    await good.send(make(64));
    assertEquals(await good.receive(make(64).length), make(64));
    using bad = await app.connect(service);
    await bad.send(make(65));
    await bad.ending();
    const [error] = await app.seen(service, "error");
    assertEquals(error.code, "GOER_PACKET_TOO_LARGE", service);
  }
});

conformance("a line without an end is not buffered without limit", async (app) => {
  using socket = await app.connect("strict");
  await socket.send("x".repeat(200_000)).catch(() => {});
  await socket.ending();
  assertEquals((await app.seen("strict", "error"))[0].code, "GOER_PACKET_TOO_LARGE");
});

conformance("handlers of a connection run one after the other, in order", async (app) => {
  using socket = await app.connect("slow");
  const lines = Array.from({ length: 100 }, (_, index) => `${index}\n`).join("");
  await socket.send(lines);
  assertEquals(await socket.text(lines.length), lines);
});

conformance("options without raw: true do not bypass the protocol", async (app) => {
  using socket = await app.connect("act");
  await socket.send("options\n");
  assertEquals(await socket.text(25), "line\n".repeat(4) + "last\n");
});

conformance("send can bypass the protocol with raw bytes", async (app) => {
  using socket = await app.connect("act");
  await socket.send("raw\nline\n");
  assertEquals(await socket.text(8), "rawline\n");
});

conformance("slice() of a message is a copy", async (app) => {
  using socket = await app.connect("copied");
  await socket.send("kept");
  assertEquals(await socket.text(4), "kept");
});
