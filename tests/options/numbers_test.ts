import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { connect, Goer, GoerError, TimingWheel } from "../../mod.ts";
import { createHttp } from "../../protocols/http/mod.ts";
import { createWebSocket } from "../../protocols/websocket/mod.ts";

const MOST = 2 ** 31 - 1;
const HUGE = 2 ** 64;

/** Values that no number option accepts. */
const WRONG: unknown[] = [NaN, -Infinity, -1, 0.5, HUGE, "10", 10n, null, true, [5], {}];

/** How an option is passed, its least and greatest value, and the class of errors. */
type Row = [name: string, give: (value: never) => unknown, least: number, greatest: number];

const service = (name: string) => (value: unknown) =>
  new Goer("tcp://127.0.0.1:0", { [name]: value });
const drain = (name: string) => (value: unknown) =>
  new Goer("tcp://127.0.0.1:0", { drain: { [name]: value } });
const http = (name: string) => (value: unknown) => createHttp({ [name]: value });
const nested = (outer: string, name: string) => (value: unknown) =>
  createHttp({ [outer]: { [name]: value } });
const webSocket = (name: string) => (value: unknown) => createWebSocket({ [name]: value });
const deflate = (name: string) => (value: unknown) =>
  createWebSocket({ compression: { [name]: value } });
const tls = (handshakeTimeout: number) =>
  new Goer("tls://127.0.0.1:0", { tls: { cert: "", key: "", handshakeTimeout } });

const ROWS: Row[] = [
  ["maxPacketSize", service("maxPacketSize"), 1, MOST],
  ["maxPackageSize", service("maxPackageSize"), 1, MOST],
  ["maxSendBufferSize", service("maxSendBufferSize"), 1, MOST],
  ["maxConnections", service("maxConnections"), 1, Number.MAX_SAFE_INTEGER],
  ["maxConcurrentHandlers", service("maxConcurrentHandlers"), 0, Number.MAX_SAFE_INTEGER],
  ["idleTimeout", service("idleTimeout"), 0, MOST],
  ["maxConnectionAge", service("maxConnectionAge"), 0, MOST],
  ["drain.start", drain("start"), 0, MOST],
  ["drain.rate", drain("rate"), 1, 1_000_000],
  ["lingerTimeout", service("lingerTimeout"), 1, MOST],
  ["backlog", service("backlog"), 1, MOST],
  ["workers", service("workers"), 1, 1024],
  ["reloadTimeout", service("reloadTimeout"), 0, MOST],
  ["stopTimeout", service("stopTimeout"), 0, MOST],
  ["maxRequests", service("maxRequests"), 0, Number.MAX_SAFE_INTEGER],
  ["maxMemory", service("maxMemory"), 0, Number.MAX_SAFE_INTEGER],
  ["maxBusQueueSize", service("maxBusQueueSize"), 0, MOST],
  ["busTimeout", service("busTimeout"), 1, MOST],
  ["maxGroupsPerConnection", service("maxGroupsPerConnection"), 1, MOST],
  ["maxSubscriptions", service("maxSubscriptions"), 1, MOST],
  ["tls.handshakeTimeout", tls, 1, MOST],
  ["maxRequestLineSize", http("maxRequestLineSize"), 1, MOST],
  ["maxHeaderSize", http("maxHeaderSize"), 1, MOST],
  ["maxHeaderCount", http("maxHeaderCount"), 1, MOST],
  ["maxCookies", http("maxCookies"), 0, Infinity],
  ["maxQueryParameters", http("maxQueryParameters"), 0, Infinity],
  ["maxFormFields", http("maxFormFields"), 0, Infinity],
  ["maxJsonValues", http("maxJsonValues"), 0, Infinity],
  ["maxBodySize", http("maxBodySize"), 1, Infinity],
  ["headerTimeout", http("headerTimeout"), 1, MOST],
  ["bodyTimeout", http("bodyTimeout"), 1, MOST],
  ["minBodyRate", http("minBodyRate"), 1, MOST],
  ["requestTimeout", http("requestTimeout"), 1, MOST],
  ["keepAliveTimeout", http("keepAliveTimeout"), 1, MOST],
  ["maxRequestsPerConnection", http("maxRequestsPerConnection"), 1, Infinity],
  ["compression.minSize", nested("compression", "minSize"), 0, Infinity],
  ["multipart.maxFieldSize", nested("multipart", "maxFieldSize"), 0, Infinity],
  ["multipart.maxFields", nested("multipart", "maxFields"), 0, Infinity],
  ["multipart.maxFileSize", nested("multipart", "maxFileSize"), 0, Infinity],
  ["multipart.maxFiles", nested("multipart", "maxFiles"), 0, Infinity],
  ["multipart.maxFileMemory", nested("multipart", "maxFileMemory"), 0, Infinity],
  ["maxMessageSize", webSocket("maxMessageSize"), 1, Number.MAX_SAFE_INTEGER],
  ["pingInterval", webSocket("pingInterval"), 0, MOST],
  ["pongTimeout", webSocket("pongTimeout"), 1, MOST],
  ["messageTimeout", webSocket("messageTimeout"), 1, MOST],
  ["closeTimeout", webSocket("closeTimeout"), 1, MOST],
  ["handshakeTimeout", webSocket("handshakeTimeout"), 1, MOST],
  ["compression.threshold", deflate("threshold"), 0, Number.MAX_SAFE_INTEGER],
  ["compression.level", deflate("level"), 1, 9],
  ["compression.serverMaxWindowBits", deflate("serverMaxWindowBits"), 8, 15],
  ["compression.clientMaxWindowBits", deflate("clientMaxWindowBits"), 8, 15],
  [
    "compression.maxInflationRatio",
    deflate("maxInflationRatio"),
    1,
    Number.MAX_SAFE_INTEGER,
  ],
  ["compression.maxInflatedSize", deflate("maxInflatedSize"), 1, Number.MAX_SAFE_INTEGER],
  ["tick", (tick: number) => new TimingWheel({ tick }), 1, 86_400_000],
];

for (const [name, give, least, greatest] of ROWS) {
  Deno.test(`${name} must be a whole number from ${least} to ${greatest}`, () => {
    for (const value of [undefined, least, greatest]) give(value as never);
    const unlimited = greatest === Infinity;
    const wrong = unlimited ? WRONG.filter((value) => value !== HUGE) : [...WRONG, greatest + 1];
    for (const value of [...wrong, least - 1]) {
      const { code, option } = assertThrows(() => give(value as never), GoerError, name);
      assertEquals([code, option], ["GOER_INVALID_ARGUMENT", name]);
    }
  });
}

Deno.test("the error for an option quotes the value and its type", () => {
  const expected = 'a whole number from 1 to 1024, or "auto"';
  const rows = [["4", '"4" (a string)'], [0.5, "0.5"], [0, "0"], ["all", '"all" (a string)']];
  for (const [workers, got] of rows) {
    assertThrows(
      () => new Goer("tcp://127.0.0.1:0", { workers: workers as never }),
      GoerError,
      `Invalid option workers: expected ${expected}, got ${got}`,
    );
  }
});

Deno.test("connectTimeout, the timeout of close and fd are checked before anything happens", async () => {
  for (const value of [...WRONG, Infinity, MOST + 1] as never[]) {
    await assertRejects(
      () => connect("tcp://127.0.0.1:9", { connectTimeout: value }),
      GoerError,
      "connectTimeout",
    );
    await assertRejects(() => new Goer("tcp://127.0.0.1:0").listen({ fd: value }), Error, "fd");
    await using service = await new Goer("tcp://127.0.0.1:0").listen();
    await assertRejects(() => service.close({ timeout: value }), Error, "timeout");
  }
});

Deno.test("the longest time-outs close nothing", async () => {
  const goer = new Goer("text://127.0.0.1:0", { idleTimeout: MOST, lingerTimeout: MOST });
  goer.onMessage = (connection, line) => connection.send(line);
  await using service = await goer.listen();
  const received = Promise.withResolvers<unknown>();
  const connection = await connect(service.address as "text://", {
    connectTimeout: MOST,
    onMessage: (_, line) => received.resolve(line),
  });
  connection.send("hello");
  assertEquals(await received.promise, "hello");
  connection.close();
  await service.close({ graceful: true, timeout: MOST });
});

Deno.test("maxPackageSize, the name in Workerman, is the same as maxPacketSize", async () => {
  const goer = new Goer("text://127.0.0.1:0", { maxPackageSize: 4, maxPacketSize: 4 });
  const failed = Promise.withResolvers<GoerError>();
  goer.onError = (_, error) => failed.resolve(error);
  await using service = await goer.listen();
  const connection = await connect(service.address as "text://", {});
  connection.send("too long");
  const { code, message } = await failed.promise;
  assertEquals(code, "GOER_PACKET_TOO_LARGE");
  assertStringIncludes(message, "maxPacketSize is 4");
  connection.close();
});

Deno.test("maxPackageSize and maxPacketSize must not differ", () => {
  const error = assertThrows(
    () => new Goer("tcp://127.0.0.1:0", { maxPackageSize: 4, maxPacketSize: 5 }),
    GoerError,
    "Invalid option maxPackageSize: expected the same as maxPacketSize, 5",
  );
  assertEquals(error.option, "maxPackageSize");
});
