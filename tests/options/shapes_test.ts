import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connect, Goer, GoerError, text, TimingWheel } from "../../mod.ts";
import { createHttp } from "../../protocols/http/mod.ts";
import { createWebSocket } from "../../protocols/websocket/mod.ts";

const ADDRESS = "text://127.0.0.1:0";

/** Options of a service that are of a wrong type. */
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

Deno.test("an option of a service that is of another type is refused by its name", () => {
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

Deno.test("connect refuses the same, before it connects", async () => {
  for (const [name, values] of Object.entries(WRONG)) {
    for (const value of values) {
      await assertRejects(() => connect("text://127.0.0.1:9", { [name]: value }), GoerError, name);
    }
  }
});

Deno.test("a handler that is set to no function is refused when the service listens", async () => {
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

Deno.test("an option that is misspelt is refused, with the one that was meant", () => {
  const meant: [() => unknown, string][] = [
    [
      () => new Goer(ADDRESS, { onMesage() {} } as never),
      'Unknown option "onMesage" of a service: did you mean "onMessage"?',
    ],
    [() => new Goer(ADDRESS, { maxConnection: 1 } as never), 'did you mean "maxConnections"?'],
    [() => new Goer(ADDRESS, { maxBodySize: 1 } as never), "are given to createHttp"],
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

Deno.test("an option of a protocol that is of another type is refused by its name", () => {
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

Deno.test("what close is told is checked before anything is closed", async () => {
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

Deno.test("runAs takes names and ids, and nothing that is neither", () => {
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
