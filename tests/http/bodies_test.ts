import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { createHttp, http, HttpError, type HttpRequest } from "../../protocols/http/mod.ts";
import { openHarness, turns } from "../helpers/session_harness.ts";

const POST = "POST / HTTP/1.1\r\nHost: a\r\n";

/** A request whose body has not arrived yet, from its handler's side. */
function pendingRequest(head: string, protocol = http) {
  const { promise, resolve } = Promise.withResolvers<HttpRequest>();
  const peer = openHarness(protocol, {
    onMessage(connection, request) {
      resolve(request);
      return request.bytes().then(() => connection.send("ok"), () => {});
    },
  });
  peer.receive(head);
  return { peer, request: promise };
}

Deno.test("a request stays valid after its bytes are gone", () => {
  const kept: HttpRequest[] = [];
  using peer = openHarness(http, {
    onMessage(connection, request) {
      kept.push(request);
      connection.send("ok");
    },
  });
  for (let index = 0; index < 600; index++) {
    peer.receive(
      `GET /${index}?q=${index} HTTP/1.1\r\nHost: h${index}\r\nX: ${"v".repeat(index)}\r\n\r\n`,
    );
  }
  assertEquals(kept.length, 600);
  for (const [index, request] of kept.entries()) {
    assertEquals(request.path, `/${index}`);
    assertEquals(request.query.get("q"), String(index));
    assertEquals(request.host, `h${index}`);
    assertEquals(request.headers.get("x"), "v".repeat(index));
  }
});

Deno.test("an absolute target has a path, a host and an address", () => {
  using peer = openHarness(http, {
    onMessage(connection, request) {
      const { path, host, url, queryString } = request;
      connection.send(JSON.stringify([path, host, url, queryString, request.headers.get("host")]));
    },
  });
  peer.receive("GET http://b:81?c=/d HTTP/1.1\r\nHost: a\r\n\r\n");
  assertMatch(peer.sent, /\["\/","b:81","http:\/\/b:81\/\?c=\/d","c=\/d","b:81"\]$/);
});

Deno.test("a path that starts with two slashes does not name another host", () => {
  using peer = openHarness(http, {
    onMessage: (connection, request) => connection.send(request.url),
  });
  peer.receive("GET //evil/x HTTP/1.1\r\nHost: a\r\n\r\n");
  assertMatch(peer.sent, /\r\n\r\nhttp:\/\/a\/\/evil\/x$/);
});

Deno.test("fields of the same name are joined, cookies with a semicolon", () => {
  using peer = openHarness(http, {
    onMessage(connection, { headers, cookies }) {
      connection.send(JSON.stringify([headers.get("A"), headers.getAll("a"), { ...cookies }]));
    },
  });
  peer.receive("GET / HTTP/1.1\r\nHost: a\r\na: 1\r\nA: 2\r\ncookie: b=c\r\nCookie: d=e=f\r\n\r\n");
  assertMatch(peer.sent, /\["1, 2",\["1","2"\],\{"b":"c","d":"e=f"\}\]$/);
});

Deno.test("invalid cookies are ignored", () => {
  using peer = openHarness(http, {
    onMessage: (connection, { cookies }) => connection.send(JSON.stringify({ ...cookies })),
  });
  peer.receive("GET / HTTP/1.1\r\nHost: a\r\nCookie: =b\r\n\r\n");
  assertMatch(peer.sent, /\{\}$/);
});

Deno.test("a body can be read as text, bytes and JSON", async () => {
  const seen: unknown[] = [];
  using peer = openHarness(http, {
    async onMessage(connection, request) {
      if (request.path === "/text") seen.push(await request.text());
      else if (request.path === "/bytes") seen.push(await request.bytes());
      else seen.push(await request.json());
      connection.send("ok");
    },
  });
  for (const path of ["text", "bytes", "json"]) {
    peer.receive(`POST /${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n"\xc3\xa4"`);
    await turns();
  }
  assertEquals(seen, ['"ä"', new Uint8Array([34, 195, 164, 34]), "ä"]);
});

Deno.test("a body that is not JSON gets 400", async () => {
  using peer = openHarness(http, { onMessage: (_, request) => request.json() });
  peer.receive(`${POST}Content-Length: 1\r\n\r\n{`);
  await turns();
  assertMatch(peer.sent, /^HTTP\/1\.1 400 /);
  assert(peer.ended);
});

Deno.test("a body can be read only once", async () => {
  const { peer, request } = pendingRequest(`${POST}Content-Length: 1\r\n\r\na`);
  using _ = peer;
  await assertRejects(async () => (await request).text(), TypeError, "already been read");
  assertEquals((await request).bodyUsed, true);
});

Deno.test("a smaller limit can be set when the body is read", async () => {
  using peer = openHarness(http, { onMessage: (_, request) => request.text({ maxSize: 3 }) });
  peer.receive(`${POST}Content-Length: 4\r\n\r\nabcd`);
  await turns();
  assertMatch(peer.sent, /^HTTP\/1\.1 413 /);
});

Deno.test("trailers are available after the body, and not before", async () => {
  using peer = openHarness(http, {
    async onMessage(connection, request) {
      const before = request.trailers.size;
      await request.text();
      connection.send(JSON.stringify([before, [...request.trailers], request.headers.get("sum")]));
    },
  });
  peer.receive(`${POST}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n`);
  await turns();
  peer.receive("0\r\nSum: b\r\n\r\n");
  await turns();
  assertMatch(peer.sent, /\[0,\[\["sum","b"\]\],null\]$/);
});

Deno.test("an unread body holds back its sender", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let read = 0;
  using peer = openHarness(http, {
    async onMessage(connection, request) {
      await promise;
      for await (const piece of request.body!) read += piece.length;
      connection.send("ok");
    },
  });
  peer.receive(`${POST}Content-Length: 1000000\r\n\r\n`);
  let sent = 0;
  while (!peer.paused && sent < 1_000_000) {
    peer.receive("x".repeat(10_000));
    sent += 10_000;
    await turns();
  }
  assert(sent <= 200_000, `${sent} bytes were taken`);
  resolve();
  for (; sent < 1_000_000; sent += 10_000) {
    await turns();
    assertEquals(peer.paused, false);
    peer.receive("x".repeat(10_000));
  }
  await turns();
  assertEquals(read, 1_000_000);
  assertMatch(peer.sent, /ok$/);
});

Deno.test("the rest of a small unread body is dropped, and the next request is served", async () => {
  using peer = openHarness(http, {
    onMessage: (connection, request) => connection.send(request.path),
  });
  peer.receive("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
  assertMatch(peer.sent, /\/a$/);
  peer.receive("GET /bad ");
  peer.receive("xGET /b HTTP/1.1\r\nHost: a\r\n\r\n");
  await turns();
  assertEquals(peer.sent.match(/HTTP\/1\.1 200/g)?.length, 2);
  assertMatch(peer.sent, /\/b$/);
});

Deno.test("a large unread body ends the connection after the response", async () => {
  using peer = openHarness(http, { onMessage: (connection) => connection.send("no") });
  peer.receive(`${POST}Content-Length: 1000000\r\n\r\n`);
  await turns();
  assertMatch(peer.sent, /\r\nConnection: close\r\n[^]*no$/);
  assert(peer.ended);
});

Deno.test("an unread body of unknown length ends the connection once too much has arrived", async () => {
  using peer = openHarness(http, { onMessage: (connection) => connection.send("no") });
  peer.receive(`${POST}Transfer-Encoding: chunked\r\n\r\n`);
  for (let index = 0; index < 8; index++) peer.receive(`4000\r\n${"x".repeat(16_384)}\r\n`);
  await turns();
  assertEquals(peer.sent.match(/HTTP\/1\.1 /g)?.length, 1);
  assert(peer.ended);
});

Deno.test("the rest of a body, after which the connection ends, is not parsed as a request", async () => {
  using peer = openHarness(http, { onMessage: (connection) => connection.send("no") });
  peer.receive(`${POST}Transfer-Encoding: chunked\r\n\r\n`);
  peer.receive(`20000\r\n${"x".repeat(131_072)}\r\n0\r\nA: b\r\n`);
  await turns();
  assertEquals(peer.sent.match(/HTTP\/1\.1 /g)?.length, 1);
  assertEquals(peer.errors, []);
  assert(peer.ended);
});

Deno.test("100 Continue is sent when the handler reads the body", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  using peer = openHarness(http, {
    async onMessage(connection, request) {
      await promise;
      connection.send(await request.text());
    },
  });
  peer.receive(`${POST}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n`);
  await turns();
  assertEquals(peer.sent, "");
  resolve();
  await turns();
  assertEquals(peer.sent, "HTTP/1.1 100 Continue\r\n\r\n");
  peer.receive("abc");
  await turns();
  assertMatch(peer.sent, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n[^]*abc$/);
  assertEquals(peer.ended, false);
});

Deno.test("100 Continue is not sent if the handler does not read the body, and the connection closes", async () => {
  using peer = openHarness(http, { onMessage: (connection) => connection.send("no") });
  peer.receive(`${POST}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n`);
  await turns();
  assertMatch(peer.sent, /^HTTP\/1\.1 200 OK\r\n[^]*\r\nConnection: close\r\n/);
  assert(peer.ended);
});

Deno.test("100 Continue is not sent if the body has already arrived", async () => {
  using peer = openHarness(http, {
    onMessage: async (connection, request) => connection.send(await request.text()),
  });
  peer.receive(`${POST}Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc`);
  await turns();
  assertMatch(peer.sent, /^HTTP\/1\.1 200 OK/);
});

Deno.test("a client that disconnects during a body makes its reader fail", async () => {
  for (const leave of ["receiveEnd", "reset"] as const) {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    using peer = openHarness(http, {
      onMessage: (_, request) => request.text().then(resolve, resolve),
    });
    peer.receive(`${POST}Content-Length: 3\r\n\r\na`);
    peer[leave]();
    assert(await promise instanceof Error);
  }
});

Deno.test("a body over the limit gets 413 while its handler reads it", async () => {
  const errors: unknown[] = [];
  using peer = openHarness(createHttp({ maxBodySize: 10 }), {
    onMessage: (_, request) => request.text().catch((error) => void errors.push(error)),
  });
  peer.receive(`${POST}Transfer-Encoding: chunked\r\n\r\n8\r\nabcdefgh\r\n`);
  await turns();
  peer.receive("8\r\n");
  await turns();
  assertMatch(peer.sent, /^HTTP\/1\.1 413 Content Too Large\r\n/);
  assert(peer.ended);
  assert(errors[0] instanceof HttpError);
  assertEquals((errors[0] as HttpError).status, 413);
});

Deno.test("a response can be the stream of the request's body", async () => {
  using peer = openHarness(http, {
    onMessage: (connection, request) => connection.send(new Response(request.body)),
  });
  peer.receive(`${POST}Content-Length: 6\r\n\r\nabc`);
  await turns();
  peer.receive("def");
  for (let turn = 0; turn < 4; turn++) await turns();
  assertMatch(peer.sent, /\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n$/);
});

Deno.test("an error of the peer is not reported as an error of the handler that reads the body", async () => {
  const bodies: [string, (request: HttpRequest) => Promise<unknown>][] = [
    ["Content-Type: application/json\r\nContent-Length: 1\r\n\r\n{", (request) => request.json()],
    ["Transfer-Encoding: chunked\r\n\r\nx\r\n", (request) => request.text()],
    ["Content-Type: text/plain\r\nContent-Length: 1\r\n\r\na", (request) => request.form()],
  ];
  const written: unknown[] = [];
  const { error } = console;
  console.error = (thing: unknown) => written.push(thing);
  try {
    for (const [rest, read] of bodies) {
      using peer = openHarness(http, { onMessage: (_, request) => read(request) });
      peer.receive(`POST / HTTP/1.1\r\nHost: a\r\n${rest}`);
      for (let turn = 0; turn < 6; turn++) await turns();
      assertMatch(peer.sent, /^HTTP\/1.1 4\d\d /);
      assertEquals(peer.errors.map(({ name }) => name), ["HttpError"]);
    }
  } finally {
    console.error = error;
  }
  assertEquals(written, []);
});
