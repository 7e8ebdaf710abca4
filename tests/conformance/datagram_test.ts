import { assertEquals } from "@std/assert";
import { inTime } from "../helpers/wait.ts";
import { type App, conformance, framed, pattern } from "./harness.ts";

/** The largest datagram over IPv4: 65,535 bytes without the headers of IP and UDP. */
const LARGEST = 65_507;

/** A UDP client of one service. */
class Peer implements Disposable {
  readonly #socket: Deno.DatagramConn;
  readonly #target: Deno.NetAddr;

  constructor(app: App, service: string) {
    const [, hostname, port] = /^[a-z+]+:\/\/\[?(.*?)\]?:(\d+)$/.exec(app.address(service))!;
    this.#target = { transport: "udp", hostname, port: Number(port) };
    const own = hostname.includes(":") ? "::1" : "127.0.0.1";
    this.#socket = Deno.listenDatagram({ transport: "udp", hostname: own, port: 0 });
  }

  async send(data: Uint8Array | string): Promise<void> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    await this.#socket.send(bytes, this.#target);
  }

  async receive(): Promise<Uint8Array> {
    const [bytes] = await inTime(
      this.#socket.receive(new Uint8Array(65536)),
      "Receiving a datagram",
    );
    return bytes.slice();
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.receive());
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

for (const service of ["udp", "udp6"]) {
  conformance(`${service} echoes datagrams of 1 to ${LARGEST} bytes`, async (app) => {
    using peer = new Peer(app, service);
    for (const size of [1, 2, 1472, 1473, 9000, 65_506, LARGEST]) {
      await peer.send(pattern(size));
      assertEquals(await peer.receive(), pattern(size));
    }
  });
}

conformance("an empty datagram is a message, and can be sent", async (app) => {
  using raw = new Peer(app, "udp");
  await raw.send("");
  assertEquals(await raw.text(), "");
  using lines = new Peer(app, "udpText");
  await lines.send("");
  assertEquals(await lines.text(), "\n");
});

conformance("an empty datagram is ignored if packets have a header", async (app) => {
  using peer = new Peer(app, "udpFrame");
  await peer.send("");
  await peer.send(framed(pattern(3)));
  assertEquals(await peer.receive(), framed(pattern(3)));
  assertEquals(await app.events("udpFrame"), []);
});

conformance("a reply to a disconnected peer does not affect other peers", async (app) => {
  using alive = new Peer(app, "udpText");
  for (let round = 0; round < 20; round++) {
    for (let count = 0; count < 3; count++) {
      using gone = new Peer(app, "udpText");
      await gone.send("gone\n");
    }
    for (const line of [`${round}\n`, "again\n"]) {
      await alive.send(line);
      assertEquals(await alive.text(), line);
    }
  }
});

conformance("a port is free after its service has closed", async (app) => {
  for (const scheme of ["udp", "tcp"]) {
    assertEquals([scheme, await app.ask(`listenAgain ${scheme}://127.0.0.1:0`)], [scheme, 0]);
  }
});

conformance("a protocol works over UDP as over TCP", async (app) => {
  using text = new Peer(app, "udpText");
  await text.send("héllo\n");
  assertEquals(await text.text(), "héllo\n");
  using frame = new Peer(app, "udpFrame");
  await frame.send(framed(pattern(100)));
  assertEquals(await frame.receive(), framed(pattern(100)));
});

conformance("each peer gets its own replies", async (app) => {
  using stack = new DisposableStack();
  const peers = Array.from({ length: 50 }, () => stack.use(new Peer(app, "udpText")));
  for (const [index, peer] of peers.entries()) {
    await peer.send(`from ${index}\n`);
    assertEquals(await peer.text(), `from ${index}\n`);
  }
});

conformance("close on a datagram does not close the service", async (app) => {
  using peer = new Peer(app, "udpClose");
  for (const line of ["one\n", "two\n"]) {
    await peer.send(line);
    assertEquals(await peer.text(), line);
  }
});

conformance("a datagram that breaks the protocol does not affect others", async (app) => {
  using peer = new Peer(app, "udpFrame");
  const bad = [
    new Uint8Array([0x7f, 0xff, 0xff, 0xff]),
    new Uint8Array([0, 0, 0, 2]),
    new Uint8Array([0, 0]),
    framed(pattern(100)).subarray(0, 50),
  ];
  for (const datagram of bad) await peer.send(datagram);
  await peer.send(framed(pattern(8)));
  assertEquals(await peer.receive(), framed(pattern(8)));
});

conformance("an invalid length only affects its datagram", async (app) => {
  using peer = new Peer(app, "udpFaulty");
  for (const byte of ["-", "n", ".", "i", "b", "t", "d", "e"]) await peer.send(byte);
  await peer.send("k");
  assertEquals(await peer.text(), "k");
  await app.seen("udpFaulty", "error", 8);
});

conformance(
  "a datagram handler that fails is reported, and the next datagram is served",
  async (app) => {
    using peer = new Peer(app, "udpFail");
    for (const line of ["throw\n", "reject\n", "fine\n"]) await peer.send(line);
    assertEquals(await peer.text(), "fine\n");
    const errors = await app.seen("udpFail", "error", 2);
    assertEquals(errors.map(({ code }) => code), ["GOER_HANDLER", "GOER_HANDLER"]);
  },
);

conformance("datagrams are not counted as connections", async (app) => {
  using peer = new Peer(app, "udp");
  await peer.send("x");
  await peer.text();
  assertEquals(await app.connections("udp"), []);
  assertEquals(await app.events("udp"), []);
});

conformance("slice() of a datagram is a copy", async (app) => {
  using peer = new Peer(app, "udpCopied");
  await peer.send("kept");
  assertEquals(await peer.text(), "kept");
});
