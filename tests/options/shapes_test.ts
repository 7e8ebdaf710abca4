import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connect, Goer, GoerError, text, TimingWheel } from "../../mod.ts";
import { createHttp } from "../../protocols/http/mod.ts";
import { createWebSocket } from "../../protocols/websocket/mod.ts";

const ADDRESS = "text://127.0.0.1:0";

/** Options of a service with a wrong type. */
const WRONG: Record<string, unknown[]> = {
  protocol: ["text", 1, null, {}, [], { name: "p" }, { name: "p", input() {}, decode() {} }, {
    open() {},
  }],
  state: [{}, "x", null],
  fetch: ["x", {}],
  name: [42, {}, null],
  runAs: ["www-data", 33, true],
  daemon: ["yes", 1],
  logFile: [true],
  busRequired: ["no"],
  busPrefix: [1],
  bus: [1, {}, { publish() {} }],
  tls: ["x", [], true],
  workers: ["2"],
};
for (
  const name of [
    ...["onConnect", "onMessage", "onClose", "onError", "onBufferFull", "onBufferDrain", "onJoin"],
    ...["onLeave", "onBusError", "onWorkerStart", "onWorkerStop", "onReload"],
  ]
) WRONG[name] = ["x", {}, 1, true, null];

Deno.test("a service option of the wrong type is refused by name", () => {
  for (const [name, values] of Object.entries(WRONG)) {
    for (const value of values) {
      const error = assertThrows(
        () => new Goer(ADDRESS, { [name]: value }),
        GoerError,
        `option ${name}: `,
      );
      assertEquals([error.code, error.option], ["GOER_INVALID_ARGUMENT", name]);
    }
    new Goer(ADDRESS, { [name]: undefined });
  }
  for (const options of ["x", 1, null, []] as never[]) {
    assertThrows(() => new Goer(ADDRESS, options), GoerError, "expected an object");
  }
});

Deno.test("connect refuses the same options before it connects", async () => {
  for (const [name, values] of Object.entries(WRONG)) {
    for (const value of values) {
      await assertRejects(() => connect("text://127.0.0.1:9", { [name]: value }), GoerError, name);
    }
  }
});

Deno.test("a handler that is not a function is refused when the service listens", async () => {
  for (const name of Object.keys(WRONG).filter((name) => name.startsWith("on"))) {
    const goer = new Goer(ADDRESS);
    Object.assign(goer, { [name]: "x" });
    await assertRejects(
      () => goer.listen(),
      GoerError,
      `option ${name}: expected a function, got a string`,
    );
  }
});

Deno.test("a misspelt option is refused with a suggestion", () => {
  const meant: [() => unknown, string][] = [
    [
      () => new Goer(ADDRESS, { onMesage() {} } as never),
      'Unknown option "onMesage" of a service: did you mean "onMessage"?',
    ],
    [() => new Goer(ADDRESS, { maxConnection: 1 } as never), 'did you mean "maxConnections"?'],
    [
      () => new Goer(ADDRESS, { maxBodySize: 1 } as never),
      "Pass options of HTTP and WebSocket to createHttp",
    ],
    [() => new Goer(ADDRESS, { user: "x" } as never), "write runAs: { user } instead"],
    [() => new Goer(ADDRESS, { group: "x" } as never), "write runAs: { group } instead"],
    [() => new Goer(ADDRESS, { runAs: { usr: "x" } } as never), 'option "runAs.usr"'],
    [() => createHttp({ acessLog: "json" } as never), 'did you mean "accessLog"?'],
    [
      () => createHttp({ multipart: { maxFile: 1 } } as never),
      'Unknown option "multipart.maxFile" of createHttp',
    ],
    [() => createHttp({ compression: { minsize: 1 } } as never), 'did you mean "minSize"?'],
    [() => createHttp({ accessLog: { writer() {} } } as never), 'did you mean "write"?'],
    [() => createWebSocket({ origin: "x" } as never), 'did you mean "origins"?'],
    [() => createWebSocket({ compression: { treshold: 1 } } as never), 'did you mean "threshold"?'],
    [() => new TimingWheel({ onerror() {} } as never), 'did you mean "onError"?'],
  ];
  for (const [make, message] of meant) assertThrows(make, Error, message);
});

Deno.test("a protocol option of the wrong type is refused by name", () => {
  const http: [object, string][] = [
    [{ accessLog: true }, "accessLog"],
    [{ accessLog: "combind" }, "accessLog"],
    [{ accessLog: { write: "x" } }, "accessLog.write"],
    [{ accessLog: { format: "xml" } }, "accessLog.format"],
    [{ compression: "gzip" }, "compression"],
    [{ compression: { encodings: ["zip"] } }, "compression.encodings"],
    [{ multipart: 1 }, "multipart"],
    [{ multipart: { folder: 1 } }, "multipart.folder"],
  ];
  for (const [options, name] of http) {
    assertThrows(() => createHttp(options), GoerError, `Invalid option ${name}: `);
  }
  const webSocket: [object, string][] = [
    [{ onPong: "x" }, "onPong"],
    [{ onUpgrade: {} }, "onUpgrade"],
    [{ origins: 1 }, "origins"],
    [{ compression: 1 }, "compression"],
    [{ compression: { serverNoContextTakeover: 1 } }, "compression.serverNoContextTakeover"],
    [{ headers: [] }, "headers"],
  ];
  for (const [options, name] of webSocket) {
    assertThrows(() => createWebSocket(options), GoerError, `Invalid option ${name}: `);
  }
  assertThrows(() => createHttp("x" as never), GoerError, "options of createHttp");
  assertThrows(() => new TimingWheel({ onError: 1 as never }), GoerError, "onError");
});

Deno.test("close checks its options before it closes anything", async () => {
  const service = await new Goer(ADDRESS, { protocol: text }).listen();
  await assertRejects(
    () => service.close({ gracefull: true } as never),
    GoerError,
    'did you mean "graceful"?',
  );
  await assertRejects(() => service.close({ graceful: 1 } as never), GoerError, "graceful");
  const connection = await connect(service.address, { protocol: text });
  assertEquals(connection.open, true);
  connection.close();
  await service.close();
});

Deno.test("runAs accepts names and ids, and nothing else", () => {
  for (const one of ["www-data", 0, 33, 2 ** 32 - 2]) {
    new Goer(ADDRESS, { runAs: { user: one, group: one } });
    new Goer(ADDRESS, { runAs: { group: one } });
  }
  for (const user of ["", -1, 0.5, 2 ** 32 - 1, null, true, {}] as never[]) {
    const error = assertThrows(() => new Goer(ADDRESS, { runAs: { user } }), GoerError);
    assertEquals(error.option, "runAs.user");
  }
  assertThrows(() => new Goer(ADDRESS, { runAs: {} }), GoerError, "a user, a group or both");
});

/** Valid options that have no effect for the address. */
const MEANINGLESS: [address: string, options: object, name: string, expected: string][] = [
  ["tcp://127.0.0.1:0", { tls: { cert: "", key: "" } }, "tls", "an address with TLS"],
  ["http://127.0.0.1:0", { tls: { cert: "", key: "" } }, "tls", "an address with TLS"],
  ...Object.entries({
    backlog: 1,
    idleTimeout: 1,
    lingerTimeout: 1,
    maxConnections: 1,
    maxGroupsPerConnection: 1,
    maxSendBufferSize: 1,
    onBufferDrain() {},
    onBufferFull() {},
    onClose() {},
    onConnect() {},
  }).map(([name, value]): typeof MEANINGLESS[number] => [
    "udp://127.0.0.1:0",
    { [name]: value },
    name,
    "a TCP, TLS or Unix address",
  ]),
];

Deno.test("an option that has no effect for the address is refused", () => {
  for (const [address, options, name, expected] of MEANINGLESS) {
    const error = assertThrows(() => new Goer(address, options), GoerError, expected);
    assertEquals([error.code, error.option], ["GOER_INVALID_ARGUMENT", name]);
  }
});

Deno.test("a handler that UDP never calls is refused when the service listens", async () => {
  const goer = new Goer("udp://127.0.0.1:0");
  goer.onConnect = () => {};
  const error = await assertRejects(() => goer.listen(), GoerError, "has no connections");
  assertEquals(error.option, "onConnect");
});

Deno.test("connect refuses TLS options for an address without TLS", async () => {
  const refused = () => connect("tcp://127.0.0.1:9", { tls: {} });
  const error = await assertRejects(refused, GoerError, "an address with TLS");
  assertEquals(error.option, "tls");
});

Deno.test("connect refuses options that only services have", async () => {
  for (const options of [{ workers: 2 }, { bus: "local" }, { onUpgrade() {} }, { backlog: 1 }]) {
    const [name] = Object.keys(options);
    const refused = () => connect("tcp://127.0.0.1:9", options as never);
    const error = await assertRejects(refused, GoerError, `Unknown option "${name}" of connect`);
    assertEquals(error.option, name);
  }
});

Deno.test("listen refuses a misspelt option", async () => {
  const listen = () => new Goer(ADDRESS).listen({ reusePorts: true } as never);
  await assertRejects(listen, GoerError, 'did you mean "reusePort"?');
});

Deno.test("an HTTP service has one handler for requests: fetch or onMessage", async () => {
  const neither = new Goer("http://127.0.0.1:0");
  await assertRejects(() => neither.listen(), GoerError, "onMessage or fetch, got neither");
  const both = new Goer("http://127.0.0.1:0", {
    fetch: () => new Response(),
    onMessage: (connection) => connection.send(""),
  });
  await assertRejects(() => both.listen(), GoerError, "no onMessage beside it");
});

Deno.test("a message to many connections refuses a misspelt option", () => {
  const goer = new Goer(ADDRESS);
  const options = { immediate: true } as never;
  for (
    const send of [
      () => goer.broadcast("x", options),
      () => goer.to("group").send("x", options),
      () => goer.toUser("user").send("x", options),
    ]
  ) assertThrows(send, GoerError, 'Unknown option "immediate" of a message to many');
  assertThrows(() => goer.broadcast("x", { excpt: 1 } as never), GoerError, 'mean "except"?');
});

Deno.test("send and close refuse a misspelt option and send nothing", async () => {
  const received: string[] = [];
  const closed = Promise.withResolvers<void>();
  const goer = new Goer(ADDRESS, {
    onMessage: (_, line) => void received.push(line),
    onClose: () => closed.resolve(),
  });
  await using service = await goer.listen();
  const connection = await connect(service.address, { protocol: text });
  assertThrows(() => connection.send("x", { immediate: true } as never), GoerError, "of send");
  assertThrows(() => connection.send("x", { raw: 1 } as never), GoerError, "option raw");
  assertThrows(() => connection.send("x", (() => {}) as never), GoerError, "expected an object");
  assertThrows(
    () => connection.close("x", { row: true } as never),
    GoerError,
    'did you mean "raw"?',
  );
  connection.close("last");
  await closed.promise;
  assertEquals(received, ["last"]);
});

Deno.test("a timer refuses a misspelt option", async () => {
  const wheel = new TimingWheel();
  const call = () => {};
  for (
    const set of [
      () => wheel.after(1, call, { reff: false } as never),
      () => wheel.every(1, call, { reff: false } as never),
      () => wheel.at(0, call, { reff: false } as never),
      () => wheel.cron("* * * * *", call, { reff: false } as never),
    ]
  ) assertThrows(set, GoerError, 'did you mean "ref"?');
  assertThrows(() => wheel.after(1, call, { signal: {} as never }), GoerError, "an AbortSignal");
  await assertRejects(() => wheel.sleep(1, { reff: false } as never), GoerError, "of sleep");
  assertEquals(wheel.size, 0);
});
