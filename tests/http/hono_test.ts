import { assertEquals, assertMatch } from "@std/assert";
import { type Context, Hono } from "hono";
import { basicAuth } from "hono/basic-auth";
import { compress } from "hono/compress";
import { cors } from "hono/cors";
import type { WSEvents, WSMessageReceive } from "hono/ws";
import { connect, Goer, type GoerError } from "../../mod.ts";
import { getConnInfo, upgradeWebSocket } from "../../protocols/hono.ts";
import { inTime, until } from "../helpers/wait.ts";

type Served = Awaited<ReturnType<Goer["listen"]>>;

/** Serves an app, and collects reported errors. */
async function serve(app: Hono, errors: GoerError[] = []): Promise<Served> {
  const onError = (_connection: unknown, error: GoerError) => void errors.push(error);
  return await new Goer("http://127.0.0.1:0", { fetch: app, onError }).listen() as Served;
}

/** What a WebSocket client receives until it has `count` messages. */
async function talk(service: Served, path: string, words: (string | Uint8Array)[], count: number) {
  const received: (string | Uint8Array)[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const [, host] = service.address.split("://");
  const socket = await connect(`ws://${host}${path}`, {
    onMessage(_connection, message) {
      received.push(typeof message === "string" ? message : message.slice());
      if (received.length === count) resolve();
    },
  });
  for (const word of words) socket.send(word);
  await inTime(promise, "the messages");
  socket.close(4001, "enough");
  return received;
}

Deno.test("getConnInfo gives the client's address", async () => {
  const app = new Hono();
  app.get("/", (context) => context.json(getConnInfo(context)));
  await using service = await serve(app);
  const { remote } = await (await fetch(service.address)).json();
  assertEquals(typeof remote.port, "number");
  assertEquals({ ...remote, port: 0 }, {
    address: "127.0.0.1",
    addressType: "IPv4",
    port: 0,
    transport: "tcp",
  });
});

Deno.test("getConnInfo says so if Goer does not serve the app", async () => {
  const app = new Hono();
  app.onError((error, context) => context.text(error.message));
  app.get("/", (context) => context.json(getConnInfo(context)));
  assertMatch(await (await app.request("/")).text(), /Goer does not serve this app/);
});

Deno.test("a WebSocket route has the events of Hono, in order", async () => {
  const events: unknown[] = [];
  const closed = Promise.withResolvers<void>();
  const app = new Hono();
  app.get(
    "/rooms/:room",
    upgradeWebSocket((context) => {
      const room = context.req.param("room");
      return {
        onOpen(event, socket) {
          events.push([event.type, room, socket.readyState, socket.url.pathname]);
          socket.send("welcome");
        },
        onMessage({ data }, socket) {
          events.push(typeof data === "string" ? data : data.byteLength);
          socket.send(data);
        },
        onClose({ code, reason, wasClean }, socket) {
          events.push([code, reason, wasClean, socket.readyState]);
          closed.resolve();
        },
      };
    }),
  );
  await using service = await serve(app);
  const received = await talk(service, "/rooms/blue", ["text", Uint8Array.of(1, 2)], 3);
  await inTime(closed.promise, "the close");
  assertEquals(received, ["welcome", "text", Uint8Array.of(1, 2)]);
  assertEquals(events, [
    ["open", "blue", 1, "/rooms/blue"],
    "text",
    2,
    [4001, "enough", true, 3],
  ]);
});

Deno.test("a WebSocket route works behind middleware that changes responses", async () => {
  const errors: GoerError[] = [];
  const app = new Hono();
  app.use(cors(), compress());
  app.use(async (context, next) => {
    await next();
    context.header("x-late", "1");
  });
  app.get(
    "/echo",
    upgradeWebSocket(() => ({ onMessage: ({ data }, socket) => socket.send(data) })),
  );
  await using service = await serve(app, errors);
  assertEquals(await talk(service, "/echo", ["hello"], 1), ["hello"]);
  assertEquals(errors, []);
});

Deno.test("a request that asks for no WebSocket goes to the next handler", async () => {
  const app = new Hono();
  app.get("/", upgradeWebSocket(() => ({})), (context) => context.text("a page"));
  await using service = await serve(app);
  assertEquals(await (await fetch(service.address)).text(), "a page");
});

Deno.test("middleware and origins refuse a WebSocket before its events", async () => {
  const errors: GoerError[] = [];
  const opened: string[] = [];
  const app = new Hono();
  app.use("/private", basicAuth({ username: "you", password: "secret" }));
  app.get("/private", upgradeWebSocket(() => ({ onOpen: () => opened.push("private") })));
  app.get(
    "/origins",
    upgradeWebSocket(() => ({ onOpen: () => opened.push("origins") }), {
      origins: (origin) => Promise.resolve(origin === "https://a.example"),
    }),
  );
  await using service = await serve(app, errors);
  const headers = {
    connection: "upgrade",
    upgrade: "websocket",
    origin: "https://b.example",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  };
  for (const [path, status] of [["/private", 401], ["/origins", 403]] as const) {
    const [hostname, port] = service.address.slice("http://".length).split(":");
    using peer = await Deno.connect({ hostname, port: Number(port) });
    const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
    await peer.write(new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`));
    const buffer = new Uint8Array(1024);
    const count = await peer.read(buffer);
    assertMatch(new TextDecoder().decode(buffer.subarray(0, count!)), new RegExp(` ${status} `));
  }
  assertEquals([opened, errors], [[], []]);
});

Deno.test("a handler upgrades to WebSocket itself, with the types of Hono", async () => {
  const app = new Hono();
  const events = (context: Context): WSEvents => ({
    onOpen: (_event, socket) => socket.send(`welcome to ${context.req.path}`),
    onMessage: ({ data }: MessageEvent<WSMessageReceive>, socket) => socket.send(data as string),
  });
  app.get("/typed", upgradeWebSocket(events));
  app.get("/echo", (context) => upgradeWebSocket(context, events(context)));
  app.onError((error, context) => context.text(error.message));
  await using service = await serve(app);
  for (const path of ["/echo", "/typed"]) {
    assertEquals(await talk(service, path, ["hello"], 2), [`welcome to ${path}`, "hello"]);
  }
  const response = await fetch(`${service.address}/echo`);
  assertMatch(await response.text(), /does not ask for it/);
});

Deno.test("a message that is refused is not lost silently", async () => {
  const errors: GoerError[] = [];
  const app = new Hono();
  app.get(
    "/flood",
    upgradeWebSocket(() => ({
      onOpen(_event, socket) {
        for (let count = 0; count < 100; count++) socket.send(new ArrayBuffer(1_000_000));
      },
    })),
  );
  await using service = await serve(app, errors);
  const [, host] = service.address.split("://");
  await connect(`ws://${host}/flood`, { onMessage() {} });
  await until("the report", () => Promise.resolve(errors.length > 0));
  assertEquals((errors[0].cause as GoerError).code, "GOER_TOO_MANY");
});
