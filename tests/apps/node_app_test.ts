import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import http from "node:http";
import https from "node:https";
import { GoerError } from "../../mod.ts";
import { exportsOf, servicesOf } from "../../src/app.ts";
import { nodeService, type NodeServiceOptions } from "../../src/node_app.ts";
import type { NodeServer } from "../../src/node_server.ts";
import { testInTurn, testOnEach } from "../helpers/runtimes.ts";
import { Socket } from "../helpers/socket.ts";
import { inTime } from "../helpers/wait.ts";
import { App, freePort } from "../supervisor/app.ts";

const RELOADS = 3;
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/** An app whose server responds with the process id; `code` surrounds it. */
function server(port: number, code = ""): string {
  return `
    import http from "node:http";
    const server = http.createServer((request, response) => {
      if (request.url === "/slow") setTimeout(() => response.end("slow"), 400);
      else response.end(String(process.pid));
    });
    ${code}
    export default {
      listen: "http://127.0.0.1:${port}", server, workers: 2, reloadTimeout: 60_000,
    };`;
}

/** Reads a response with Content-Length, and returns its head. */
async function head(socket: Socket): Promise<string> {
  let text = "";
  while (!text.endsWith("\r\n\r\n")) text += await socket.text(1);
  const length = Number(/content-length: (\d+)/i.exec(text)![1]);
  await socket.receive(length);
  return text;
}

/** Sends requests on one connection after another. Each is kept as long as the server allows. */
async function keepAsking(port: number, stopped: () => boolean): Promise<number> {
  let answered = 0;
  while (!stopped()) {
    using socket = await Socket.connect(`tcp://127.0.0.1:${port}`);
    while (!stopped()) {
      await socket.send(GET);
      const text = await head(socket);
      answered++;
      if (/^connection: close/im.test(text)) break;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  return answered;
}

testOnEach("reloads of a node:http server lose no request", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, server(port));
  await app.start();
  let isStopped = false;
  const clients = Array.from({ length: 8 }, () => keepAsking(port, () => isStopped));
  for (let round = 0; round < RELOADS; round++) {
    assertEquals((await app.ask("reload")).ok, true);
  }
  isStopped = true;
  const answered = await Promise.all(clients);
  assert(answered.every((count) => count > RELOADS), String(answered));
});

testInTurn("a node:http worker finishes a response before it ends", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, server(port));
  await app.start();
  using idle = await Socket.connect(`tcp://127.0.0.1:${port}`);
  await idle.send(GET);
  await head(idle);
  using slow = await Socket.connect(`tcp://127.0.0.1:${port}`);
  await slow.send(GET.replace(" / ", " /slow "));
  const reloaded = app.ask("reload");
  assertMatch(await head(slow), /^HTTP\/1\.1 200 /);
  await reloaded;
  await Promise.all([idle.ending(), slow.ending()]);
});

testOnEach("an upgraded node:http connection continues after a reload", async (runtime) => {
  const port = freePort();
  const upgrade = `server.on("upgrade", (_request, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: x\\r\\n\\r\\n");
    socket.on("data", (bytes) => bytes.includes("end") ? socket.end() : socket.write(bytes));
  });`;
  await using app = await App.write(runtime, server(port, upgrade));
  await app.start();
  using socket = await Socket.connect(`tcp://127.0.0.1:${port}`);
  await socket.send(`GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n`);
  for (let line = 0; line < 4; line++) await socket.line(); // The head of the response.
  await app.ask("reload");
  await new Promise((resolve) => setTimeout(resolve, 700)); // Longer than an idle connection stays.
  await socket.send("hello");
  assertEquals(await socket.text(5), "hello");
  await socket.send("end");
  await socket.ending();
});

testInTurn("goer status includes node:http connections", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, server(port));
  await app.start("--workers=1");
  using socket = await Socket.connect(`tcp://127.0.0.1:${port}`);
  for (let count = 0; count < 3; count++) {
    await socket.send(GET);
    await head(socket);
  }
  const { services, workers } = await app.status();
  assertEquals(services.map(({ protocol, address }) => [protocol, address]), [
    ["http", `http://127.0.0.1:${port}`],
  ]);
  const { connections, messages, bytesRead } = workers[0].statistics!;
  assertEquals([connections, messages, bytesRead], [1, 3, GET.length * 3]);
});

/** A server in this process whose upgraded connections stay open. */
async function upgrading(options: Partial<NodeServiceOptions> = {}): Promise<NodeServer> {
  const server = http.createServer();
  server.on("upgrade", (_request, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
    socket.resume();
  });
  return await nodeService(server, { listen: "http://127.0.0.1:0", ...options }).listen();
}

/** A client whose connection is upgraded. */
async function upgraded({ address }: NodeServer): Promise<Socket> {
  const socket = await Socket.connect(address.replace("http:", "tcp:"));
  await socket.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
  for (let line = 0; line < 4; line++) await socket.line(); // The head of the response.
  return socket;
}

Deno.test("closing a node:http server twice settles both times", async () => {
  const service = await upgrading();
  using socket = await upgraded(service);
  const closed = [service.close({ graceful: true, timeout: 50 }), service.close()];
  await inTime(Promise.all(closed), "closing");
  await socket.ending();
});

Deno.test("drain ends upgraded connections of node:http before the time is over", async () => {
  const service = await upgrading({ drain: { start: 0, rate: 100 } });
  const sockets = await Promise.all([1, 2, 3].map(() => upgraded(service)));
  // The time of this close is longer than the test may take.
  const closed = service.close({ graceful: true, timeout: 600_000 });
  for (const socket of sockets) {
    assertEquals(await socket.ending(), "end");
    socket[Symbol.dispose]();
  }
  await inTime(closed, "closing");
});

Deno.test("a node:http service checks backlog and drain as other services do", () => {
  const server = http.createServer();
  assertEquals(nodeService(server, { backlog: 100_000 }).options.backlog, 100_000);
  const { option } = refusal({ server, drain: { rate: 0 } });
  assertEquals(option, "drain.rate");
});

/** The parts of frameworks' apps that Goer checks. */
const APPS: Record<string, string> = {
  Express:
    `Object.assign((request, response) => response.end("hello"), { handle() {}, listen() {} })`,
  Koa: `({ callback: () => (request, response) => response.end("hello"), listen() {} })`,
  Fastify: `(() => {
    let greeting;
    const server = http.createServer((request, response) => response.end(greeting));
    return { server, listen() {}, ready: () => Promise.resolve().then(() => greeting = "hello") };
  })()`,
};

for (const [name, source] of Object.entries(APPS)) {
  testInTurn(`goer start serves ${name} apps`, async (runtime) => {
    await using app = await App.write(
      runtime,
      `import http from "node:http"; export default ${source};`,
    );
    const address = `http://127.0.0.1:${freePort()}`;
    await app.start("--listen", address);
    assertEquals(await (await fetch(address)).text(), "hello");
  });
}

/** Invalid default exports and their errors. */
function refusal(exported: unknown): GoerError {
  return assertThrows(() => servicesOf(exported, exportsOf("app.ts")), GoerError);
}

Deno.test("a server without an address listens on port 8000, only for this machine", () => {
  const [{ address }] = servicesOf(http.createServer(), exportsOf("app.ts"));
  assertEquals(address, "http://127.0.0.1:8000");
});

Deno.test("a server has the options of processes", () => {
  const given = {
    server: http.createServer(),
    listen: "http://127.0.0.1:1",
    workers: "auto",
    name: "web",
  };
  const [{ address, name, options }] = servicesOf(given, exportsOf("app.ts"));
  assertEquals([address, name, options.workers], ["http://127.0.0.1:1", "web", "auto"]);
});

Deno.test("a server that is already listening is refused", async () => {
  const server = http.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  assertMatch(refusal(server).message, /listens already.*remove the call of listen/);
  await new Promise((resolve) => server.close(resolve));
});

Deno.test("a node:https server, and an address with TLS, are refused", () => {
  assertEquals(refusal(https.createServer()).code, "GOER_NOT_SUPPORTED");
  const { code, option } = refusal({ listen: "https://:0", server: http.createServer() });
  assertEquals({ code, option }, { code: "GOER_INVALID_ARGUMENT", option: "listen" });
});

Deno.test("an option without effect for node:http is refused by name", () => {
  for (const name of ["onMessage", "idleTimeout", "fetch", "worker"]) {
    const { code, option } = refusal({ server: http.createServer(), [name]: 1 });
    assertEquals({ code, option }, { code: "GOER_INVALID_ARGUMENT", option: name });
  }
  const { message } = refusal({ server: http.createServer(), clientLimits: {} });
  assertMatch(
    message,
    /^Cannot use the option "clientLimits" with a server of node:http: it serves/,
  );
});

testOnEach("a node:https server is refused on this runtime", async (runtime) => {
  await using app = await App.write(
    runtime,
    `import https from "node:https"; export default https.createServer();`,
  );
  const { code, out, error } = await app.command("start");
  assertEquals(code, 1);
  assertMatch(out + error, /Cannot serve a server of node:https/);
});
