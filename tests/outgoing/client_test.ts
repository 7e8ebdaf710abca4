/** Connections that an app makes: they reconnect, and wait for answers. */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connect, Goer, GoerError, text } from "../../mod.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { checkScenarios, type Scenario } from "./check_scenarios.ts";

/** Needs `dns.lookup` of `node:dns` to be what sockets use. */
const TWO_ADDRESSES = "a name with two addresses";

/** What each scenario of app.ts shows, and what it sees. */
const SCENARIOS: Scenario[] = [
  ["a lost connection is made again, with its id, state and handlers", "reconnects", [
    "re: one",
    ...["lost", true, false],
    "again",
    "re: two",
    ...[2, 1, true],
    "closed",
  ]],
  ["a client that sends a lot reads the answers meanwhile", "sends a lot", [200]],
  ["handlers that throw are reported by their names", "handlers that throw", [
    ...["onDisconnect", "onReconnect", "onDisconnect"],
    "closed",
  ]],
  ["messages are queued while a connection is lost, and follow onReconnect", "queues", [
    "lost",
    ...["queued", "full", "GOER_TOO_MANY", 10],
    "re: login",
    "re: two",
    true,
  ]],
  ["a queued Buffer can be changed after send", "queues a copy", ["lost", "before"]],
  ["without a queue, messages are refused in between", "refuses in between", [
    "lost",
    "full",
    "again",
    "accepted",
  ]],
  ["a connection that the app closes stays closed", "closed by the application", [
    ...[false, "closed", true],
    "closed",
    "last",
  ]],
  [
    "a connection that is closed while it is lost stays closed",
    "closed while it is lost",
    [
      "lost",
      "closed undefined",
      ...["GOER_CONNECTION", false, "closed"],
    ],
  ],
  ["a client gives up after maxAttempts", "gives up", [
    ...["GOER_CONNECT_FAILED", "GOER_CONNECT_FAILED", "GOER_CONNECT_FAILED"],
    "closed: GOER_CONNECT_FAILED",
  ]],
  [
    "a first attempt that is refused, has no address, or is late, fails and is not repeated",
    "the first attempt fails",
    ["GOER_CONNECT_FAILED", "GOER_CONNECT_FAILED", "GOER_CONNECT_FAILED"],
  ],
  ["1,000 pipelined requests get their own answers", "pipelines requests", [true]],
  ["a handler can wait for the answer to its request", "a request in a handler", [
    "re: in onConnect",
    "re: hello",
    "re: in onMessage",
    "closed",
  ]],
  ["pending requests fail when the peer closes", "a peer that closes", [
    "GOER_CONNECTION",
    "GOER_CONNECTION",
    "GOER_CONNECTION",
    "GOER_CONNECTION",
  ]],
  ["the late answer of an abandoned request is dropped", "a request that is given up", [
    "GOER_TOO_MANY",
    "AbortError",
    "re: two",
    "AbortError",
    "GOER_TIMEOUT",
  ]],
  ["if one address of a name does not answer, the next one is tried", TWO_ADDRESSES, [
    "re: one",
    true,
  ]],
  ["the bytes of an answer stay valid", "bytes of an answer", ["one", "two", "three"]],
  ["a WebSocket client reconnects and keeps its members", "a WebSocket", [
    "re: one",
    "lost 4001 again 4001",
    "again /",
    "re: two",
    "pong x true",
  ]],
];

testOnEach("a connection that an app makes", async (runtime, context) => {
  const scenarios = SCENARIOS.map(([shows, name, expected]): Scenario => {
    const cannot = name === TWO_ADDRESSES && runtime.name === "deno";
    return [shows, name, expected, cannot ? "Deno resolves names without dns.lookup" : undefined];
  });
  await checkScenarios("tests/outgoing/app.ts", scenarios, runtime, context);
});

Deno.test("an option that connect cannot use is refused by name", async () => {
  const refused: [options: object, option: string, message: string][] = [
    [{ onPong() {} }, "onPong", "a websocket service"],
    [{ onReconnect() {} }, "onReconnect", "the option reconnect"],
    [{ onDisconnect() {} }, "onDisconnect", "the option reconnect"],
    [{ reconnect: 5 }, "reconnect", "a boolean or an object"],
    [{ reconnect: { minDelai: 1 } }, "reconnect.minDelai", 'mean "minDelay"?'],
    [{ reconnect: { minDelay: 0 } }, "reconnect.minDelay", "from 1"],
    [{ reconnect: { maxDelay: "1" } }, "reconnect.maxDelay", '"1" (a string)'],
    [{ reconnect: { minDelay: 20, maxDelay: 10 } }, "reconnect.maxDelay", "minDelay, 20, got 10"],
    [{ reconnect: { jitter: 1.5 } }, "reconnect.jitter", "from 0 to 1, got 1.5"],
    [{ reconnect: { jitter: NaN } }, "reconnect.jitter", "from 0 to 1, got NaN"],
    [{ reconnect: { maxAttempts: 0 } }, "reconnect.maxAttempts", "or Infinity, got 0"],
    [{ reconnect: { maxQueueLength: -1 } }, "reconnect.maxQueueLength", "from 0"],
    [{ maxPendingRequests: 0 }, "maxPendingRequests", "from 1"],
    [{ timeout: 1 }, "timeout", "maxPendingRequests"],
  ];
  for (const [options, option, message] of refused) {
    const error = await assertRejects(
      () => connect("text://127.0.0.1:9", options),
      GoerError,
      message,
    );
    assertEquals([error.code, error.option], ["GOER_INVALID_ARGUMENT", option]);
  }
});

Deno.test("connect refuses TLS options that it cannot use", async () => {
  const refused: [tls: object, option: string][] = [
    [{ certFile: "a" }, "certFile"],
    [{ ca: "a" }, "ca"],
    [{ serverName: "" }, "serverName"],
    [{ cert: "a" }, "key"],
    [{ key: "a" }, "cert"],
    [{ passphrase: "a" }, "key"],
  ];
  for (const [tls, option] of refused) {
    const error = await assertRejects(() => connect("tls://127.0.0.1:9", { tls }), GoerError);
    assertEquals([error.code, error.option], ["GOER_INVALID_ARGUMENT", `tls.${option}`]);
  }
});

Deno.test("connect refuses port 0, which is only for listening", async () => {
  for (const address of ["tcp://127.0.0.1:0", "udp://127.0.0.1:0", "ws://127.0.0.1:0/a"]) {
    const error = await assertRejects(() => connect(address), GoerError, "port 0");
    assertEquals(error.code, "GOER_INVALID_ARGUMENT");
  }
});

Deno.test("connect refuses HTTP, for which there is fetch", async () => {
  const error = await assertRejects(() => connect("http://127.0.0.1:9"), GoerError, "use fetch");
  assertEquals(error.code, "GOER_NOT_SUPPORTED");
});

Deno.test("a request refuses options that it does not have", async () => {
  await using service = await new Goer("text://127.0.0.1:0").listen();
  const client = await connect(service.address, { protocol: text });
  const refused: [object, string][] = [
    [{ timeot: 1 }, "timeot"],
    [{ timeout: -1 }, "timeout"],
    [{ timeout: "1" }, "timeout"],
    [{ signal: 1 }, "signal"],
    [{ signal: new AbortController() }, "signal"],
  ];
  for (const [options, option] of refused) {
    const error = await assertRejects(() => client.request("x", options), GoerError);
    assertEquals([error.code, error.option], ["GOER_INVALID_ARGUMENT", option]);
  }
  client.close();
});

Deno.test("a pipe refuses what is not a connection", async () => {
  await using service = await new Goer("text://127.0.0.1:0").listen();
  for (const address of [service.address, "text+udp://127.0.0.1:9"]) {
    const client = await connect(address, { protocol: text });
    for (const to of [undefined, {}, new WritableStream()]) {
      const error = assertThrows(() => client.pipe(to as never), GoerError, "a connection");
      assertEquals(error.code, "GOER_INVALID_ARGUMENT");
    }
    client.close();
  }
});

Deno.test("a pipe cannot continue over a reconnect", async () => {
  await using service = await new Goer("text://127.0.0.1:0").listen();
  const client = await connect(service.address, { protocol: text, reconnect: true });
  const error = await new Promise<GoerError>((resolve) => {
    try {
      client.pipe(client);
    } catch (thrown) {
      resolve(thrown as GoerError);
    }
  });
  assertEquals(error.code, "GOER_NOT_SUPPORTED");
  client.close();
});
