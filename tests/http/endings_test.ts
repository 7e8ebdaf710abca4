import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  createHttp,
  http,
  HttpError,
  type HttpOutgoing,
  HttpResponse,
} from "../../protocols/http/mod.ts";
import type { StreamConnection } from "../../src/connection/stream.ts";
import type { Connection } from "../../src/protocol/connection.ts";
import { openHarness, turns } from "../helpers/session_harness.ts";
import { answerTo, type Handler } from "./answer_to.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const HEAD = "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n";

async function* pieces(): AsyncGenerator<string> {
  yield "abc";
  await Promise.resolve();
  yield "de";
}

async function* failing(): AsyncGenerator<string> {
  yield "abc";
  await Promise.reject(new Error("no more"));
}

Deno.test("HEAD gets no body when its handler fails", async () => {
  const failures: [Handler, string][] = [
    [() => {
      throw new Error("secret");
    }, "500 Internal Server Error"],
    [() => Promise.reject(new Error("secret")), "500 Internal Server Error"],
    [() => {
      throw new HttpError(404, "not here");
    }, "404 Not Found"],
    [(connection) => connection.send(Response.error()), "500 Internal Server Error"],
  ];
  for (const [handler, status] of failures) {
    assertEquals(
      await answerTo(HEAD, handler),
      `HTTP/1.1 ${status}\r\ncontent-type: text/plain; charset=utf-8\r\nConnection: close\r\n` +
        `Content-Length: ${status.length + 1}\r\n\r\n<end>`,
    );
  }
});

Deno.test("HEAD gets no body when the request is invalid", async () => {
  const protocol = createHttp({ maxHeaderSize: 50, maxRequestLineSize: 50, maxBodySize: 5 });
  const requests: [request: string, status: number][] = [
    [`HEAD /${"a".repeat(50)} HTTP/1.1\r\n`, 414],
    [`HEAD / HTTP/1.1\r\nHost: a\r\nA: ${"b".repeat(50)}\r\n\r\n`, 431],
    ["HEAD / HTTP/1.1\r\n\r\n", 400],
    ["HEAD a HTTP/1.1\r\n\r\n", 400],
    ["HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n", 413],
    ["HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n", 413],
  ];
  for (const [request, status] of requests) {
    const answer = await answerTo(request, (_, request) => request.bytes(), protocol);
    assertMatch(answer, new RegExp(`^HTTP/1\\.1 ${status} [^]*\\r\\n\\r\\n<end>$`), request);
    const get = request.replace("HEAD", "GET");
    const other = await answerTo(get, (_, request) => request.bytes(), protocol);
    assertMatch(
      other,
      new RegExp(`^HTTP/1\\.1 ${status} [^]*\\r\\n\\r\\n${status} .+\\n<end>$`),
      get,
    );
  }
});

Deno.test("a stream that fails does not end like a complete one", async () => {
  const ends: [request: string, headers: Record<string, string>, ending: RegExp][] = [
    [GET, {}, /\r\n3\r\nabc\r\n<end>$/],
    [GET, { "content-length": "5" }, /\r\n\r\nabc<end>$/],
    ["GET / HTTP/1.0\r\n\r\n", {}, /\r\n\r\nabc<reset>$/],
    ["GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", {}, /\r\n\r\nabc<reset>$/],
    ["GET / HTTP/1.0\r\n\r\n", { "content-length": "5" }, /\r\n\r\nabc<end>$/],
  ];
  for (const [request, headers, ending] of ends) {
    const answer = await answerTo(request, (connection) => {
      connection.send(new HttpResponse(failing(), { headers }));
    });
    assertMatch(answer, ending);
  }
});

Deno.test("a stream that is cut off does not end like a complete one", async () => {
  async function* endless(): AsyncGenerator<string> {
    yield "abc";
    await new Promise(() => {});
  }
  const cuts: ((connection: Connection<HttpOutgoing>) => unknown)[] = [
    (connection) => connection.close(),
    () => Promise.reject(new Error("too late")),
    (connection) => (connection as StreamConnection).depart("restart"),
    (connection) => (connection as StreamConnection).depart("error"),
  ];
  for (const cut of cuts) {
    const handler: Handler = async (connection) => {
      connection.send(new HttpResponse(endless()));
      await turns();
      await cut(connection);
    };
    assertMatch(await answerTo(GET, handler), /\r\n3\r\nabc\r\n<end>$/);
    assertMatch(await answerTo("GET / HTTP/1.0\r\n\r\n", handler), /\r\n\r\nabc<reset>$/);
  }
});

Deno.test("close() sends its last response completely, whatever its body is", async () => {
  const answers: [answer: () => HttpOutgoing, ending: RegExp][] = [
    [() => "text", /\r\n\r\ntext<end>$/],
    [() => new Response("text"), /\r\nConnection: close\r\nContent-Length: 4\r\n\r\ntext<end>$/],
    [() => new HttpResponse(pieces()), /\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n<end>$/],
    [
      () => new Response(ReadableStream.from(["a"]).pipeThrough(new TextEncoderStream())),
      /a[^]*<end>$/,
    ],
  ];
  for (const [answer, ending] of answers) {
    assertMatch(await answerTo(GET + GET, (connection) => connection.close(answer())), ending);
  }
});

Deno.test("close() during a stream ends and releases it", async () => {
  let cancelled = false;
  using peer = openHarness(http, {
    async onMessage(connection) {
      const stream = new ReadableStream({ cancel: () => void (cancelled = true) });
      connection.send(new HttpResponse(stream));
      await turns();
      connection.close();
    },
  });
  peer.receive(GET);
  for (let turn = 0; turn < 6; turn++) await turns();
  assert(peer.ended && cancelled);
  assertMatch(peer.sent, /\r\nTransfer-Encoding: chunked\r\n\r\n$/);
});

Deno.test("close() of the service ends a last response that never ends", async () => {
  let cancelled = false;
  using peer = openHarness(http, {
    onMessage(connection) {
      const stream = new ReadableStream({ cancel: () => void (cancelled = true) });
      connection.close(new HttpResponse(stream));
    },
  });
  peer.receive(GET);
  await turns();
  assertEquals(peer.ended, false);
  peer.connection.depart("restart");
  await turns();
  assert(peer.ended && cancelled);
});

Deno.test("only the option close in Connection ends the connection", async () => {
  const fields: [value: string, closes: boolean][] = [
    ["close", true],
    ["Close", true],
    ["x, CLOSE ,y", true],
    ["x-close", false],
    ["close-x", false],
    ["keep-alive", false],
  ];
  for (const [connection, closes] of fields) {
    const headers = { connection };
    const answer = await answerTo(GET, (peer) => peer.send(new HttpResponse("a", { headers })));
    assertEquals(answer.includes("<end>"), closes, connection);
    assertEquals(answer.includes("Connection: close\r\n"), closes, connection);
  }
});

Deno.test("an HttpError must have a status from 400 to 599", () => {
  for (const status of [0, 100, 200, 399, 600, 404.5, NaN]) {
    assertThrows(() => new HttpError(status, "no"), RangeError, "between 400 and 599");
  }
});

Deno.test("fields that are not allowed after the body are not sent as trailers", async () => {
  const trailers = () => ({
    "set-cookie": "a=b",
    "content-type": "a/b",
    "cache-control": "no-store",
    host: "b",
    sum: "abcde",
  });
  assertMatch(
    await answerTo(GET, (connection) => connection.send(new HttpResponse(pieces(), { trailers }))),
    /\r\nde\r\n0\r\nsum: abcde\r\n\r\n$/,
  );
});

Deno.test("queries and forms keep their own question marks", async () => {
  const seen: unknown[] = [];
  using peer = openHarness(http, {
    async onMessage(connection, request) {
      seen.push([...request.query], request.queryString, request.url);
      if (request.hasBody) seen.push([...await request.form()]);
      connection.send("ok");
    },
  });
  peer.receive("GET /x??a=1&b=? HTTP/1.1\r\nHost: h\r\n\r\n");
  peer.receive("POST /x? HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n");
  peer.receive("Content-Type: application/x-www-form-urlencoded\r\n\r\n??a=1");
  await turns();
  assertEquals(seen, [
    [["?a", "1"], ["b", "?"]],
    "?a=1&b=?",
    "http://h/x??a=1&b=?",
    [],
    "",
    "http://h/x?",
    [["??a", "1"]],
  ]);
});
