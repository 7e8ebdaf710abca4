import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { createHttp, http, type HttpRequest, HttpResponse } from "../../protocols/http/mod.ts";
import { text } from "../../protocols/text.ts";
import { GoerError } from "../../src/errors.ts";
import { openHarness, turns } from "../helpers/session_harness.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

function pause(delay: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delay));
}

/** Waits until `condition` holds. */
async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; !condition(); turn++) {
    if (turn > 2000) throw new Error("It never came to that");
    await pause(5);
  }
}

Deno.test("a request waits for the response to the previous one, even if it comes much later", async () => {
  const waiting: (() => void)[] = [];
  using peer = openHarness(http, {
    onMessage: (connection, request) => void waiting.push(() => connection.send(request.path)),
  });
  peer.receive(GET.replace("/ ", "/a ") + GET.replace("/ ", "/b "));
  await turns();
  assertEquals([waiting.length, peer.sent], [1, ""]);
  waiting[0]();
  await turns();
  assertMatch(peer.sent, /\/a$/);
  assertEquals(waiting.length, 2);
  waiting[1]();
  await turns();
  assertMatch(peer.sent, /\/a[^]*\/b$/);
});

Deno.test("a request waits for the end of the previous response's stream", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  async function* slow(): AsyncGenerator<string> {
    yield "a";
    await promise;
    yield "b";
  }
  using peer = openHarness(http, {
    onMessage: (connection, { path }) =>
      connection.send(path === "/" ? "c" : new HttpResponse(slow())),
  });
  peer.receive(GET.replace("/ ", "/slow ") + GET);
  await turns();
  assertMatch(peer.sent, /\r\n\r\n1\r\na\r\n$/);
  resolve();
  await turns();
  assertMatch(peer.sent, /\r\n1\r\nb\r\n0\r\n\r\nHTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nc$/);
});

Deno.test("a stream is read no faster than its client reads", async () => {
  let made = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    while (made < 1000) {
      made++;
      await Promise.resolve();
      yield new Uint8Array(100_000);
    }
  }
  using peer = openHarness(http, {
    stalled: true,
    onMessage: (connection) => connection.send(new HttpResponse(endless())),
  });
  peer.receive(GET);
  for (let turn = 0; turn < 50; turn++) await turns();
  assert(made < 10, `${made} pieces were made`);
});

Deno.test("a client that disconnects ends its stream and aborts the signal", async () => {
  let returned = false;
  let cancelled = false;
  async function* source(): AsyncGenerator<string> {
    try {
      while (true) {
        yield "a";
        await turns();
      }
    } finally {
      returned = true;
    }
  }
  const stream = new ReadableStream({ cancel: () => void (cancelled = true) });
  const signals: AbortSignal[] = [];
  for (const body of [source(), stream]) {
    using peer = openHarness(http, {
      onMessage(connection, request) {
        signals.push(request.signal);
        connection.send(new HttpResponse(body));
      },
    });
    peer.receive(GET);
    await turns();
    peer.reset();
    await until(() => body === stream ? cancelled : returned);
  }
  assertEquals(signals.map(({ aborted }) => aborted), [true, true]);
});

Deno.test("the signal of a request with a response is not aborted", async () => {
  const signals: AbortSignal[] = [];
  using peer = openHarness(http, {
    onMessage(connection, request) {
      signals.push(request.signal);
      connection.send("ok");
    },
  });
  peer.receive(GET);
  peer.reset();
  await turns();
  assertEquals(signals[0].aborted, false);
});

Deno.test("the signal of a request is not that of the next one", async () => {
  const requests: HttpRequest[] = [];
  using peer = openHarness(http, {
    onMessage(connection, request) {
      if (requests.push(request) === 1) connection.send("ok");
    },
  });
  peer.receive(GET + GET);
  const [answered, waiting] = requests.map((request) => request.signal);
  peer.reset();
  await turns();
  assertEquals([answered.aborted, waiting.aborted], [false, true]);
});

Deno.test("a request read after its client has ended its side has an aborted signal", async () => {
  const aborted: boolean[] = [];
  using peer = openHarness(http, {
    async onMessage(connection, request) {
      await turns();
      aborted.push(request.signal.aborted);
      connection.send("ok");
    },
  });
  peer.receive(GET + GET);
  peer.receiveEnd();
  await until(() => peer.ended);
  assertEquals(aborted, [true, true]);
  assertEquals(peer.sent.match(/HTTP\/1\.1 200 OK/g)?.length, 2);
});

Deno.test("a connection is read up to a limit while a response is pending", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  using peer = openHarness(http, {
    async onMessage(connection, request) {
      await request.bytes();
      await promise;
      connection.send("ok");
    },
  });
  peer.receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na");
  await turns();
  peer.receive("b");
  await turns();
  assertEquals(peer.paused, false);
  for (let count = 0; !peer.paused; count++) {
    assert(count < 100, "what a client sends ahead has no bound");
    peer.receive(`GET /${"x".repeat(1000)} HTTP/1.1\r\nHost: a\r\n\r\n`);
  }
  resolve();
  await until(() => !peer.paused);
});

Deno.test("a client that has ended its side gets the pending responses", async () => {
  using peer = openHarness(http, {
    async onMessage(connection, request) {
      await turns();
      connection.send(request.path);
    },
  });
  peer.receive(GET.replace("/ ", "/a ") + GET.replace("/ ", "/b "));
  peer.receiveEnd();
  assertEquals(peer.ended, false);
  await until(() => peer.ended);
  assertMatch(peer.sent, /\/a[^]*\/b$/);
});

Deno.test("a head that takes too long gets 408", async () => {
  using peer = openHarness(createHttp({ headerTimeout: 20 }));
  peer.receive("GET / HT");
  await until(() => peer.ended);
  assertMatch(peer.sent, /^HTTP\/1\.1 408 Request Timeout\r\n[^]*\r\nConnection: close\r\n/);
});

Deno.test("a head that arrives byte by byte gets no extra time", async () => {
  using peer = openHarness(createHttp({ headerTimeout: 60 }));
  const head = `GET / HTTP/1.1\r\nA: ${"x".repeat(1000)}`;
  for (let at = 0; !peer.ended; at++) {
    assert(at < head.length, "the head could go on for ever");
    peer.receive(head[at]);
    await pause(5);
  }
  assertMatch(peer.sent, /^HTTP\/1\.1 408 /);
});

Deno.test("a client that sends nothing is disconnected without a response", async () => {
  using peer = openHarness(createHttp({ headerTimeout: 20 }));
  await until(() => peer.ended);
  assertEquals(peer.sent, "");
});

Deno.test("a connection without further requests is closed after keepAliveTimeout", async () => {
  const protocol = createHttp({ keepAliveTimeout: 30, headerTimeout: 60_000 });
  using peer = openHarness(protocol, { onMessage: (connection) => connection.send("ok") });
  peer.receive(GET);
  assertEquals(peer.ended, false);
  await until(() => peer.ended);
  assertMatch(peer.sent, /ok$/);
});

Deno.test("a handler can take any time", async () => {
  const protocol = createHttp({ keepAliveTimeout: 10, headerTimeout: 10, bodyTimeout: 10 });
  using peer = openHarness(protocol, {
    async onMessage(connection) {
      await pause(60);
      connection.send("ok");
    },
  });
  peer.receive(GET);
  await until(() => peer.sent !== "");
  assertMatch(peer.sent, /^HTTP\/1\.1 200 [^]*ok$/);
});

Deno.test("a body that takes too long gets 408, and its reader fails", async () => {
  const errors: unknown[] = [];
  using peer = openHarness(createHttp({ bodyTimeout: 30, minBodyRate: 100_000 }), {
    onMessage: (_, request) => request.text().catch((error) => void errors.push(error.status)),
  });
  peer.receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
  for (let count = 0; !peer.ended; count++) {
    assert(count < 1000, "the body could go on for ever");
    peer.receive("a");
    await pause(2);
  }
  assertMatch(peer.sent, /^HTTP\/1\.1 408 /);
  assertEquals(errors, [408]);
});

for (
  const [what, chunks] of [
    ["the size of a chunk", ["1", "0", "0"]],
    ["a chunk extension", ["1;", ..."a".repeat(200)]],
    ["the line end after a chunk", ["1\r\na", "\r"]],
    ["the trailers", ["0\r\n", ..."Sum: abc\r\n"]],
    ["the last line end", ["0\r\n", "\r"]],
  ] as const
) {
  Deno.test(`${what} that takes too long gets 408, and its reader fails`, async () => {
    const errors: unknown[] = [];
    using peer = openHarness(createHttp({ bodyTimeout: 30, minBodyRate: 100_000 }), {
      onMessage: (_, request) => request.text().catch((error) => void errors.push(error.status)),
    });
    peer.receive("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (const bytes of chunks) {
      peer.receive(bytes);
      await pause(2);
    }
    await until(() => peer.ended);
    assertMatch(peer.sent, /^HTTP\/1\.1 408 /);
    assertEquals(errors, [408]);
  });
}

Deno.test("a body gets extra time while its reader is slow", async () => {
  using peer = openHarness(createHttp({ bodyTimeout: 20 }), {
    async onMessage(connection, request) {
      const reader = request.body!.getReader();
      await pause(80);
      while (!(await reader.read()).done);
      connection.send("ok");
    },
  });
  peer.receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 140000\r\n\r\n");
  peer.receive("a".repeat(70_000));
  peer.receive("a".repeat(70_000));
  await until(() => peer.sent !== "");
  assertMatch(peer.sent, /^HTTP\/1\.1 200 [^]*ok$/);
});

for (const before of ["", GET]) {
  const which = before === "" ? "a new" : "an idle";
  Deno.test(`on a drain ${which} connection serves a request that is on its way`, async () => {
    using peer = openHarness(http, { onMessage: (connection) => connection.send("ok") });
    peer.receive(before);
    peer.connection.drain();
    await turns();
    assertEquals(peer.ended, false);
    peer.receive(GET);
    await turns();
    assertMatch(peer.sent, /\r\nConnection: close\r\n[^]*ok$/);
    assert(peer.ended);
  });
}

Deno.test("on a drain an idle connection is closed soon", async () => {
  using peer = openHarness(http, { onMessage: (connection) => connection.send("ok") });
  peer.receive(GET);
  peer.connection.drain();
  await until(() => peer.ended);
  assertEquals(peer.errors, []);
});

Deno.test("on a drain a busy connection responds with Connection: close, then ends", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  using peer = openHarness(http, {
    async onMessage(connection) {
      await promise;
      connection.send("ok");
    },
  });
  peer.receive(GET);
  peer.connection.drain();
  assertEquals(peer.ended, false);
  resolve();
  await turns();
  assertMatch(peer.sent, /\r\nConnection: close\r\n[^]*ok$/);
  assert(peer.ended);
});

Deno.test("on a drain a request whose head has begun is still served", async () => {
  using peer = openHarness(http, { onMessage: (connection) => connection.send("ok") });
  peer.receive(GET.slice(0, 10));
  peer.connection.drain();
  peer.receive(GET.slice(10));
  await turns();
  assertMatch(peer.sent, /\r\nConnection: close\r\n[^]*ok$/);
  assert(peer.ended);
});

Deno.test("upgrade() sends 101 and passes the next bytes to the other protocol", async () => {
  using peer = openHarness(http, {
    onMessage(_, request) {
      assert(request.upgradeRequested);
      request.upgrade(text, {
        headers: { upgrade: "lines" },
        handlers: { onMessage: (connection, line) => connection.send(line.toUpperCase()) },
      });
    },
  });
  peer.receive("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: lines\r\n\r\nabc\nd");
  peer.receive("e\n");
  await turns();
  assertMatch(
    peer.sent,
    /^HTTP\/1\.1 101 Switching Protocols\r\n[^]*upgrade: lines\r\nConnection: Upgrade\r\n\r\nABC\nDE\n$/,
  );
});

Deno.test("upgrade() is refused after the response", () => {
  const requests: HttpRequest[] = [];
  using peer = openHarness(http, {
    onMessage(connection, request) {
      requests.push(request);
      connection.send("ok");
    },
  });
  peer.receive(GET);
  const error = assertThrows(() => requests[0].upgrade(text), GoerError);
  assertEquals(error.code, "GOER_NO_REQUEST");
});

Deno.test("limits that are not positive numbers are refused", () => {
  const names = ["maxHeaderSize", "headerTimeout", "maxBodySize", "keepAliveTimeout"];
  for (const name of [...names, "minBodyRate", "requestTimeout"]) {
    for (const value of [0, -1, NaN]) {
      assertThrows(() => createHttp({ [name]: value }), GoerError, name);
    }
  }
});
