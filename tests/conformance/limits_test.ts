import { assert, assertEquals } from "@std/assert";
import { makeCertificate, NO_OPENSSL } from "../helpers/certificate.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { Socket } from "../helpers/socket.ts";
import { inTime, until } from "../helpers/wait.ts";
import { frame } from "../websocket/frames.ts";
import { handshake } from "../websocket/client.ts";

type Services = Record<string, string>;

/** The counters of a service, its open connections, and the codes of all errors. */
interface Counters {
  connections: number;
  refused: number;
  rejected: number;
  delayed: number;
  size: number;
  errors: string[];
}

async function counters({ statistics }: Services, name: string): Promise<Counters> {
  const response = await fetch(`${statistics}/${name}`);
  return await response.json();
}

/** Sends a line, and returns the answer. */
async function ask(socket: Socket, line = "hello"): Promise<string> {
  await socket.send(`${line}\n`);
  return await socket.line();
}

/** Tells whether a new connection gets an answer. */
async function isServed(address: string): Promise<boolean> {
  try {
    using socket = await Socket.connect(address);
    return await ask(socket) === "hello";
  } catch {
    return false;
  }
}

/** The header of a client with this address. */
function from(client: string): string {
  return `PROXY TCP4 ${client} 192.0.2.7 4711 443\r\n`;
}

async function connections(services: Services): Promise<void> {
  {
    using first = await Socket.connect(services.two);
    using second = await Socket.connect(services.two);
    assertEquals([await ask(first), await ask(second)], ["hello", "hello"]);
    assertEquals(await isServed(services.two), false);
    assertEquals((await counters(services, "two")).refused, 1);
  }
  await until("connections end", async () => (await counters(services, "two")).size === 0);
  using again = await Socket.connect(services.two);
  assertEquals(await ask(again), "hello");
}

async function rate(services: Services): Promise<void> {
  const answered: boolean[] = [];
  for (let count = 0; count < 4; count++) answered.push(await isServed(services.rate));
  assertEquals(answered.slice(0, 2), [true, true]);
  const { refused } = await counters(services, "rate");
  assert(answered.includes(false) && refused > 0);
}

async function behindProxy(services: Services): Promise<void> {
  const open = async (client: string) => {
    const socket = await Socket.connect(services.proxied);
    await socket.send(from(client));
    return socket;
  };
  using first = await open("198.51.100.1");
  assertEquals(await ask(first), "hello");
  using same = await open("198.51.100.1");
  await same.ending();
  using other = await open("198.51.100.2");
  assertEquals(await ask(other), "hello");
  using denied = await open("192.0.2.1");
  await denied.ending();
  using allowed = await open("192.0.2.9");
  using allowedToo = await open("192.0.2.9");
  assertEquals([await ask(allowed), await ask(allowedToo)], ["hello", "hello"]);
  assertEquals((await counters(services, "proxied")).refused, 2);
}

/** Connects with TLS after `before`; `undefined` if the service ends the connection. */
async function secured(address: string, cert: string, before = "") {
  const conn = await Deno.connect({ port: Number(new URL(`http:${address.slice(4)}`).port) });
  if (before !== "") await conn.write(new TextEncoder().encode(before));
  try {
    const tls = await Deno.startTls(conn, { hostname: "localhost", caCerts: [cert] });
    await tls.write(new TextEncoder().encode("hello\n"));
    if (await inTime(tls.read(new Uint8Array(16)), "Receiving") !== null) return tls;
    tls.close();
  } catch {
    // The connection was closed before or during the handshake.
  }
}

async function beforeTls(services: Services, cert: string): Promise<void> {
  const first = await secured(services.secure, cert);
  assert(first);
  assertEquals(await secured(services.secure, cert), undefined);
  first!.close();
  await until("a connection is admitted", async () => {
    const again = await secured(services.secure, cert);
    again?.close();
    return again !== undefined;
  });
  assert((await counters(services, "secure")).refused > 0);
  const clients = ["198.51.100.1", "198.51.100.1", "198.51.100.2", "192.0.2.1", "192.0.2.9"];
  const opened = [];
  for (const client of clients) {
    opened.push(await secured(services.secureProxied, cert, from(client)));
  }
  assertEquals(opened.map((one) => one !== undefined), [true, false, true, false, true]);
  for (const one of opened) one?.close();
  // No protocol has seen the refused ones.
  const { refused, connections } = await counters(services, "secureProxied");
  assertEquals([refused, connections], [2, 3]);
}

async function delay(services: Services): Promise<void> {
  const lines = Array.from({ length: 12 }, (_, index) => `line ${index}`);
  using first = await Socket.connect(services.delayed);
  using second = await Socket.connect(services.delayed);
  await first.send(lines.join("\n") + "\n");
  await second.send(lines.join("\n") + "\n");
  for (const socket of [first, second]) {
    for (const line of lines) assertEquals(await socket.line(), line);
  }
  const { delayed, rejected } = await counters(services, "delayed");
  assert(delayed > 0);
  assertEquals(rejected, 0);
  // A client that ends its side, or leaves, while its messages wait.
  await first.send(lines.join("\n") + "\n");
  await first.end();
  second.close();
  assertEquals(new TextDecoder().decode(await first.receiveAll()), lines.join("\n") + "\n");
}

async function close(services: Services): Promise<void> {
  using socket = await Socket.connect(services.closing);
  await socket.send("1\n2\n3\n4\n");
  assertEquals(new TextDecoder().decode(await socket.receiveAll()), "1\n2\n");
  const { errors, rejected } = await counters(services, "closing");
  assertEquals([errors, rejected], [["GOER_TOO_MANY"], 1]);
}

async function bytes(services: Services): Promise<void> {
  using socket = await Socket.connect(services.bytes);
  const sent = new Uint8Array(200_000).map((_, index) => index % 251);
  const sending = socket.send(sent);
  assertEquals(await socket.receive(sent.length), sent);
  await sending;
  assert((await counters(services, "bytes")).delayed > 0);
}

/** Sends datagrams from an address, and returns the answers that arrive before the last one. */
async function datagrams(address: string, from: string, messages: string[]): Promise<string[]> {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: from, port: 0 });
  const port = Number(/\d+$/.exec(address)![0]);
  const peer = { transport: "udp", hostname: "127.0.0.1", port } as const;
  for (const message of messages) await socket.send(new TextEncoder().encode(message), peer);
  const answers = [];
  for (let count = 0; count < 2; count++) {
    const [bytes] = await inTime(socket.receive(), "Receiving");
    answers.push(new TextDecoder().decode(bytes));
  }
  socket.close();
  return answers;
}

async function udp(services: Services): Promise<void> {
  const messages = ["1\n", "2\n", "3\n", "4\n"];
  assertEquals(await datagrams(services.datagrams, "127.0.0.2", messages), ["1\n", "2\n"]);
  assertEquals(await datagrams(services.datagrams, "127.0.0.3", messages), ["1\n", "2\n"]);
  await until("datagrams are dropped", async () => {
    return (await counters(services, "datagrams")).rejected === 4;
  });
  const denied = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.9", port: 0 });
  const port = Number(/\d+$/.exec(services.bytesOfDatagrams)![0]);
  await denied.send(new Uint8Array(1), { transport: "udp", hostname: "127.0.0.1", port });
  denied.close();
  const long = ["a".repeat(8), "b".repeat(8), "c".repeat(8)];
  const answers = await datagrams(services.bytesOfDatagrams, "127.0.0.4", long);
  assertEquals(answers, long.slice(0, 2));
  await until("datagrams are dropped", async () => {
    return (await counters(services, "bytesOfDatagrams")).rejected === 2;
  });
}

/** Sends a request of a client, and returns status and `Retry-After`. */
async function request(socket: Socket, client: string): Promise<[number, string?]> {
  await socket.send(
    `POST / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: ${client}\r\nContent-Length: 2\r\n\r\nhi`,
  );
  const status = Number((await socket.line()).split(" ")[1]);
  const fields = new Map<string, string>();
  for (let line; (line = (await socket.line()).trim()) !== "";) {
    const [name, value] = line.split(": ");
    fields.set(name.toLowerCase(), value);
  }
  await socket.text(Number(fields.get("content-length") ?? 0));
  const retryAfter = fields.get("retry-after");
  return retryAfter === undefined ? [status] : [status, retryAfter];
}

async function http(services: Services): Promise<void> {
  using socket = await Socket.connect(services.web);
  assertEquals(await request(socket, "198.51.100.1"), [200]);
  assertEquals(await request(socket, "198.51.100.1"), [200]);
  assertEquals(await request(socket, "198.51.100.1"), [429, "1"]);
  assertEquals(await request(socket, "198.51.100.2"), [200]);
  assertEquals(await request(socket, "192.0.2.1"), [403]);
  // One client has a whole /64 of IPv6.
  assertEquals(await request(socket, "2001:db8::1"), [200]);
  assertEquals(await request(socket, "2001:db8:0:0:f::2"), [200]);
  assertEquals(await request(socket, "2001:db8::3"), [429, "1"]);
  assertEquals(await request(socket, "2001:db8:0:1::1"), [200]);
  // The proxy itself has no limit.
  for (let count = 0; count < 4; count++) {
    assertEquals(await request(socket, "unknown"), [200]);
  }
  assertEquals((await counters(services, "web")).rejected, 3);
}

async function webSocket(services: Services): Promise<void> {
  using socket = await Socket.connect(services.sockets);
  await socket.send(handshake());
  while ((await socket.line()).trim() !== "");
  const texts = Array.from({ length: 8 }, (_, index) => `text ${index}`);
  for (const text of texts) {
    await socket.send(
      frame({ opcode: 1, payload: new TextEncoder().encode(text), mask: [1, 2, 3, 4] }),
    );
  }
  for (const text of texts) {
    assertEquals((await socket.receive(2))[1], text.length);
    assertEquals(await socket.text(text.length), text);
  }
  assert((await counters(services, "sockets")).delayed > 0);
}

async function behindTrustedProxy(services: Services): Promise<void> {
  const sockets: Socket[] = [];
  const shake = async (client?: string) => {
    const socket = await Socket.connect(services.socketsBehind);
    sockets.push(socket);
    await socket.send(handshake({ headers: client ? { "X-Forwarded-For": client } : {} }));
    return Number((await socket.line()).split(" ")[1]);
  };
  const clients = [
    "198.51.100.1",
    "198.51.100.1",
    "198.51.100.2",
    "192.0.2.1",
    undefined,
    undefined,
  ];
  const statuses = [];
  for (const client of clients) statuses.push(await shake(client));
  assertEquals(statuses, [101, 429, 101, 403, 101, 101]);
  assertEquals((await counters(services, "socketsBehind")).refused, 2);
  sockets[0].close();
  await until("the client may connect again", async () => await shake("198.51.100.1") === 101);
  for (const socket of sockets) socket.close();
}

testOnEach("clients are limited", async (runtime, context) => {
  await using certificate = await makeCertificate();
  const { certFile, keyFile, cert } = certificate;
  await using served = await serve<Services>(runtime, "tests/conformance/limits_app.ts", {
    args: [certFile, keyFile],
  });
  const services = served.ready;
  const step = (name: string, body: () => Promise<void>) => context.step(name, body);
  await step("a client may have maxConnections", () => connections(services));
  await step("a client may open connectionsPerSecond", () => rate(services));
  await step("behind a proxy, the client of the PROXY header counts", () => behindProxy(services));
  await step("with TLS, limits apply before the handshake", () => beforeTls(services, cert));
  await step("messages over messagesPerSecond wait, in order", () => delay(services));
  await step("with the action close, too many messages end the connection", () => close(services));
  await step("bytes over bytesPerSecond wait", () => bytes(services));
  await step("datagrams over a limit are dropped", () => udp(services));
  await step("too many requests get 429, and denied clients 403", () => http(services));
  await step(
    "a WebSocket counts for the client that a trusted proxy names",
    () => behindTrustedProxy(services),
  );
  await step("WebSocket messages over messagesPerSecond wait", () => webSocket(services));
}, NO_OPENSSL);
