import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { serve, type Served } from "../helpers/serve.ts";
import { Socket } from "../helpers/socket.ts";
import { handshake } from "../websocket/client.ts";

type Addresses = Record<string, string>;

/** Makes an application fail. `control` returns the reported errors. */
type Client = (socket: Socket, name: string, control: Socket) => Promise<unknown>;

/** How a client makes the application fail, by the first word of a service's name. */
const CLIENTS: Record<string, Client> = {
  onConnect: (socket) => socket.ending(),
  onMessage: (socket) => socket.send("x\n"),
  onError: (socket) => socket.send("x\n"),
  onBufferFull: (socket) => socket.send("x\n"),
  state: (socket) => socket.ending(),
  async onClose(socket) {
    await socket.send("x\n");
    await socket.line();
    socket.close();
  },
  async onPong(socket) {
    await socket.send(handshake());
    await socket.receive(100);
    await socket.send(Uint8Array.of(0x8a, 0x80, 0, 0, 0, 0));
  },
  onUpgrade: (socket) => socket.send(handshake()),
  async accessLog(socket) {
    await socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assertStringIncludes(new TextDecoder().decode(await socket.receiveAll()), "\r\n\r\nanswer");
  },
  async return(socket) {
    await socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await socket.receive(5000);
    socket.close();
  },
  async fetch(socket) {
    await socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await socket.ending();
  },
  async onDrain(socket, name, control) {
    await socket.send("x\n");
    // If the peer read immediately, it could be fast enough to keep the service's buffer from
    // filling.
    await until("a full buffer", async () => (await reported(control, `full ${name}`)).length > 0);
    await socket.receive(16_000_001);
  },
  decode: (socket) => socket.send("x"),
  async session(socket, name) {
    if (name === "session timer") return await socket.ending();
    await socket.send("x\n");
    await socket.end();
    await socket.ending();
  },
};
CLIENTS.cancel = CLIENTS.return;
CLIENTS.trailers = CLIENTS.fetch;
CLIENTS.encode = CLIENTS.input = CLIENTS.decode;

async function reported(control: Socket, name: string): Promise<string[]> {
  await control.send(`${name}\n`);
  return JSON.parse(await control.line()) ?? [];
}

/** Makes every application fail once, and waits until each failure has been reported. */
async function provoke(app: Served<Addresses>, control: Socket): Promise<void> {
  for (const name of Object.keys(app.ready)) {
    const client = CLIENTS[name.split(" ")[0]];
    if (client === undefined || app.ready[name].includes("udp")) continue;
    if (name === "session open") { // There is no connection for a report.
      await Socket.connect(app.ready[name]).then((socket) => socket.close(), () => {});
      continue;
    }
    using socket = await Socket.connect(app.ready[name]);
    await client(socket, name, control);
    await until(`the report of ${name}`, async () => (await reported(control, name)).length > 0);
  }
}

testOnEach(
  "no mistake of an application ends the process, and each is reported",
  async (runtime) => {
    await using app = await serve<Addresses>(runtime, "tests/mistakes/app.ts");
    using control = await Socket.connect(app.ready.control);
    await provoke(app, control);
    for (const name of Object.keys(app.ready)) {
      const [first] = name.split(" ");
      if (CLIENTS[first] === undefined || app.ready[name].includes("udp")) continue;
      const errors = await reported(control, name);
      if (!/^(session|encode|input|onBufferFull)/.test(name)) {
        assertEquals([name, errors.length], [name, 1]);
      }
      if (/ (throws|rejects|thenable)$/.test(name)) {
        const [, way] = name.split(" ");
        const mistake = first === "onError" ? "first" : first;
        if (/^(input|decode|encode)$/.test(first) && way !== "throws") continue;
        const told = first === "trailers" ? "Cannot send the body" : `mistake in ${mistake}`;
        assertStringIncludes(errors[0], told, name);
        await until(`the log line of ${name}`, () => {
          return Promise.resolve(app.stderr.includes(`mistake in ${first}`));
        });
      }
    }
    assert(/ +at .*app/.test(app.stderr), app.stderr);
  },
);

testOnEach(
  "a protocol that encodes or decodes wrongly ends its connection, and the log has a stack",
  async (runtime) => {
    await using app = await serve<Addresses>(runtime, "tests/mistakes/app.ts");
    using control = await Socket.connect(app.ready.control);
    const names = Object.keys(app.ready).filter((name) =>
      /^(encode gives|decode TypeError)/.test(name)
    );
    for (const name of names) {
      using socket = await Socket.connect(app.ready[name]);
      await socket.send("x");
      await socket.ending();
      const [error] = await reported(control, name);
      if (name === "decode TypeError") assertStringIncludes(error, "The protocol packets failed");
      else assertStringIncludes(error, "must encode a message to a Uint8Array: it returned");
    }
    await until(
      "the log lines",
      () => Promise.resolve(app.stderr.split("ProtocolError").length > 1),
    );
    assertStringIncludes(app.stderr, "caused by TypeError");
  },
);

testOnEach("datagrams are served after mistakes of the application", async (runtime) => {
  await using app = await serve<Addresses>(runtime, "tests/mistakes/app.ts");
  using control = await Socket.connect(app.ready.control);
  for (const [name, address] of Object.entries(app.ready)) {
    if (!address.includes("udp")) continue;
    const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    const target = {
      transport: "udp",
      hostname: "127.0.0.1",
      port: Number(/\d+$/.exec(address)![0]),
    } as const;
    await until(`the report of ${name}`, async () => {
      await socket.send(new TextEncoder().encode("x\n"), target);
      return (await reported(control, name)).length > 0;
    });
    socket.close();
    assertStringIncludes((await reported(control, name))[0], "mistake in");
  }
});
