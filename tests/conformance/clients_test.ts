import { assertEquals, assertMatch } from "@std/assert";
import { Socket } from "../helpers/socket.ts";
import { handshake } from "../websocket/client.ts";
import { shareClients } from "./clients_harness.ts";

const testClients = shareClients();

/** A request with these header fields. */
function request(fields: Record<string, string>, path = "/a?b"): string {
  const lines = Object.entries({ Host: "inner:1", ...fields }).map(([name, value]) =>
    `${name}: ${value}\r\n`
  );
  return `GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** Sends a request, and returns the body of the response. */
async function ask(socket: Socket, fields: Record<string, string>, path?: string) {
  await socket.send(request(fields, path));
  let length = 0;
  for (let line; (line = (await socket.line()).trim()) !== "";) {
    length = Number(/^content-length: (\d+)/i.exec(line)?.[1] ?? length);
  }
  return await socket.text(length);
}

testClients("a request has the client that a trusted proxy names", async ({ web }) => {
  using socket = await Socket.connect(web);
  const first = await ask(socket, {
    "X-Forwarded-For": "198.51.100.9, 192.0.2.1, 10.0.0.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "outer.example",
  });
  assertEquals(JSON.parse(first), {
    remoteAddress: "192.0.2.1:0",
    proxyAddress: socket.localAddress,
    client: { address: "192.0.2.1", protocol: "https", host: "outer.example" },
    url: "https://outer.example/a?b",
  });
  const second = await ask(socket, { Forwarded: 'for="[2001:db8::1]:4711";host="not valid"' });
  assertEquals(JSON.parse(second), {
    remoteAddress: "[2001:db8::1]:4711",
    proxyAddress: socket.localAddress,
    client: { address: "2001:db8::1", protocol: "http", host: "inner:1" },
    url: "http://inner:1/a?b",
  });
  // A proxy that says nothing stands for its client, even after it has named another one.
  assertEquals(JSON.parse(await ask(socket, { "X-Forwarded-For": "unknown" })), {
    remoteAddress: socket.localAddress,
    client: { address: "127.0.0.1", protocol: "http", host: "inner:1" },
    url: "http://inner:1/a?b",
  });
});

testClients("what a peer that is no trusted proxy says of its client is ignored", async (all) => {
  using socket = await Socket.connect(all.open);
  const answer = await ask(socket, {
    "X-Forwarded-For": "192.0.2.1",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "outer.example",
    Forwarded: "for=192.0.2.1;proto=https;host=outer.example",
  });
  assertEquals(JSON.parse(answer), {
    remoteAddress: socket.localAddress,
    client: { address: "127.0.0.1", protocol: "http", host: "inner:1" },
    url: "http://inner:1/a?b",
  });
});

testClients("a proxy on a Unix socket can be trusted", async ({ local }) => {
  using socket = await Socket.connect(local);
  const { remoteAddress, proxyAddress } = JSON.parse(
    await ask(socket, { "X-Forwarded-For": "192.0.2.1" }),
  );
  assertEquals([remoteAddress, proxyAddress], ["192.0.2.1:0", "unix:"]);
});

testClients("the access log has the client that a trusted proxy names", async ({ web }) => {
  using socket = await Socket.connect(web);
  await ask(socket, { "X-Forwarded-For": "192.0.2.1" });
  using broken = await Socket.connect(web);
  await ask(broken, { "X-Forwarded-For": "192.0.2.2" });
  await broken.send("BROKEN\r\n\r\n");
  await broken.ending();
  const lines = (await ask(socket, {}, "/log")).split("\n");
  assertEquals(lines.slice(-3).map((line) => line.split(" ")[0]), [
    "192.0.2.1",
    "192.0.2.2",
    "127.0.0.1",
  ]);
});

testClients("fetch gets the client that a trusted proxy names", async ({ app }) => {
  using socket = await Socket.connect(app);
  const forwarded = { "X-Forwarded-For": "192.0.2.1:4711", "X-Forwarded-Proto": "https" };
  assertEquals(JSON.parse(await ask(socket, forwarded)), {
    ip: "192.0.2.1",
    remoteAddr: { transport: "tcp", hostname: "192.0.2.1", port: 4711 },
    url: "https://inner:1/a?b",
  });
});

testClients("a WebSocket has the client that a trusted proxy names", async ({ sockets }) => {
  using socket = await Socket.connect(sockets);
  await socket.send(handshake({ headers: { "X-Forwarded-For": "192.0.2.1" } }));
  while ((await socket.line()).trim() !== "");
  await socket.send(new Uint8Array([0x81, 0x81, 0, 0, 0, 0, 0x61]));
  const [, size] = await socket.receive(2);
  const length = size === 126 ? new DataView((await socket.receive(2)).buffer).getUint16(0) : size;
  const answer = await socket.text(length);
  assertMatch(answer, /^\[/);
  assertEquals(JSON.parse(answer), [
    { remoteAddress: "192.0.2.1:0", proxyAddress: socket.localAddress },
    { address: "192.0.2.1", protocol: "http", host: "localhost" },
  ]);
});
