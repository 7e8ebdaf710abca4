import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { createHttp, http, HttpHeaders, HttpResponse } from "../../protocols/http/mod.ts";
import { openHarness, turns } from "../helpers/session_harness.ts";
import { answerTo } from "./answer_to.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const HEAD = "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n";
const GET_1_0 = "GET / HTTP/1.0\r\n\r\n";

async function* pieces(): AsyncGenerator<string> {
  yield "abc";
  await Promise.resolve();
  yield "de";
}

Deno.test("send() of a string responds with 200 and UTF-8 text", async () => {
  assertEquals(
    await answerTo(GET, (connection) => connection.send("hello")),
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n\r\nhello",
  );
});

Deno.test("the length of non-ASCII text is its length in bytes", async () => {
  assertEquals(
    await answerTo(GET, (connection) => connection.send("hellö")),
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 6\r\n\r\nhell\xc3\xb6",
  );
});

Deno.test("long text has the right length", async () => {
  const answer = await answerTo(GET, (connection) => connection.send("x".repeat(100_000)));
  assertMatch(answer, /Content-Length: 100000\r\n\r\nx{100000}$/);
});

Deno.test("send() of bytes responds with 200 and a copy of the bytes", async () => {
  assertEquals(
    await answerTo(GET, (connection) => {
      const bytes = new Uint8Array(5000).fill(65);
      connection.send(bytes);
      bytes.fill(66);
    }),
    "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\nContent-Length: 5000\r\n\r\n" +
      "A".repeat(5000),
  );
});

Deno.test("every response has the current date", () => {
  using peer = openHarness(http, { onMessage: (connection) => connection.send("") });
  peer.receive(GET);
  const [, date] = /\r\nDate: ([^\r]+)\r\n/.exec(peer.sent)!;
  assertEquals(new Date(date).toUTCString(), date);
  assertEquals(Math.abs(Date.parse(date) - Date.now()) < 60_000, true);
});

Deno.test("an HttpResponse has its status, fields and cookies", async () => {
  const response = new HttpResponse("no", { status: 404, headers: { "X-A": ["1", "2"] } });
  response.setCookie({ name: "c", value: "d", httpOnly: true });
  assertEquals(
    await answerTo(GET, (connection) => connection.send(response)),
    "HTTP/1.1 404 Not Found\r\nx-a: 1\r\nx-a: 2\r\nset-cookie: c=d; HttpOnly\r\n" +
      "content-type: text/plain; charset=utf-8\r\nContent-Length: 2\r\n\r\nno",
  );
});

Deno.test("a web Response can be sent", async () => {
  const answer = await answerTo(GET, (connection) => {
    connection.send(Response.json({ a: 1 }, { status: 201, statusText: "Made" }));
  });
  assertMatch(answer, /^HTTP\/1\.1 201 Made\r\ncontent-type: application\/json\r\n/);
  assertMatch(answer, /\r\nContent-Length: 7\r\n\r\n\{"a":1\}$/);
});

Deno.test("streams and iterables are sent in chunks", async () => {
  assertEquals(
    await answerTo(GET + GET, (connection) => connection.send(new HttpResponse(pieces()))),
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n".repeat(
      2,
    ),
  );
});

Deno.test("trailers follow the last chunk", async () => {
  assertMatch(
    await answerTo(GET, (connection) => {
      connection.send(new HttpResponse(pieces(), { trailers: () => ({ sum: "abcde" }) }));
    }),
    /\r\n0\r\nsum: abcde\r\n\r\n$/,
  );
});

Deno.test("a field that frames the message is refused as a trailer", async () => {
  const trailers = () => ({ "Content-Length": "9", "transfer-encoding": "gzip", sum: "abcde" });
  assertMatch(
    await answerTo(GET, (connection) => connection.send(new HttpResponse(pieces(), { trailers }))),
    /\r\nde\r\n0\r\nsum: abcde\r\n\r\n$/,
  );
});

Deno.test("line ends in trailers end the connection before the last chunk", async () => {
  for (const value of ["a\r\n\r\nHTTP/1.1 200 OK", "a\nb: c", "a\rb", "a\0"]) {
    for (const fields of [{ sum: value }, { [value]: "sum" }]) {
      const response = new HttpResponse(pieces(), { trailers: () => fields });
      assertMatch(
        await answerTo(GET + GET, (connection) => connection.send(response)),
        /\r\n\r\n3\r\nabc\r\n2\r\nde\r\n<end>$/,
      );
    }
  }
});

Deno.test("a stream with a declared length is sent with it", async () => {
  const response = new HttpResponse(pieces(), { headers: { "content-length": 5 } });
  assertEquals(
    await answerTo(GET, (connection) => connection.send(response)),
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde",
  );
});

Deno.test("a stream that is longer or shorter than declared ends the connection", async () => {
  for (const length of [4, 6]) {
    const response = new HttpResponse(pieces(), { headers: { "content-length": length } });
    const answer = await answerTo(GET + GET, (connection) => connection.send(response));
    assertEquals(
      answer,
      `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${length === 4 ? "abc" : "abcde"}<end>`,
    );
  }
});

Deno.test("a stream that fails ends the connection before the last chunk", async () => {
  async function* failing(): AsyncGenerator<string> {
    yield "abc";
    await Promise.reject(new Error("no more"));
  }
  assertEquals(
    await answerTo(GET, (connection) => connection.send(new HttpResponse(failing()))),
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n<end>",
  );
});

Deno.test("HTTP/1.0 gets a stream until the end of the connection", async () => {
  assertEquals(
    await answerTo(GET_1_0, (connection) => connection.send(new HttpResponse(pieces()))),
    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabcde<end>",
  );
});

Deno.test("an HTTP/1.0 client that keeps the connection gets Connection: keep-alive", async () => {
  const request = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  assertMatch(
    await answerTo(request, (connection) => connection.send("a")),
    /\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na$/,
  );
});

Deno.test("HEAD gets the head of the response to GET, and no body", async () => {
  assertEquals(
    await answerTo(HEAD + HEAD, (connection) => connection.send("hello")),
    "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n\r\n"
      .repeat(2),
  );
});

Deno.test("HEAD releases a stream without reading it", async () => {
  let cancelled = false;
  const stream = new ReadableStream({ cancel: () => void (cancelled = true) });
  const answer = await answerTo(HEAD, (connection) => connection.send(new HttpResponse(stream)));
  assertEquals([answer, cancelled], ["HTTP/1.1 200 OK\r\n\r\n", true]);
});

Deno.test("204, 205 and 304 have no body, whatever body they are given", async () => {
  const lines = { 204: "content-type: a/b\r\n", 205: "content-type: a/b\r\nContent-Length: 0\r\n" };
  for (const [status, fields] of [[204, lines[204]], [205, lines[205]], [304, ""]] as const) {
    const answer = await answerTo(GET + GET, (connection) => {
      const headers = { "content-type": "a/b", "content-length": "4" };
      connection.send(new HttpResponse("body", { status, headers }));
    });
    const heads = answer.split(/^HTTP\/1\.1 \d+ .*\r\n/m).slice(1);
    assertEquals(heads, [`${fields}\r\n`, `${fields}\r\n`]);
  }
});

Deno.test("a 304 has no fields about content, because it has none", async () => {
  const kept = { etag: '"a"', vary: "accept", "cache-control": "no-cache", expires: "0" };
  const headers = {
    ...kept,
    "content-type": "a/b",
    "content-length": "9",
    "accept-ranges": "bytes",
  };
  assertEquals(
    await answerTo(
      GET,
      (connection) => connection.send(new HttpResponse(null, { status: 304, headers })),
    ),
    'HTTP/1.1 304 Not Modified\r\netag: "a"\r\nvary: accept\r\ncache-control: no-cache\r\n' +
      "expires: 0\r\n\r\n",
  );
});

Deno.test("an HttpResponse does not change the header fields that it is created with", async () => {
  const headers = new HttpHeaders({ "x-a": "1" });
  await answerTo(GET, (connection) => {
    connection.send(new HttpResponse("a", { headers }).setCookie({ name: "a", value: "b" }));
  });
  assertEquals([...headers], [["x-a", "1"]]);
});

Deno.test("the application cannot set fields that frame the message", async () => {
  const headers = { "transfer-encoding": "gzip", "content-length": "99", "keep-alive": "x" };
  assertEquals(
    await answerTo(GET, (connection) => connection.send(new HttpResponse("abc", { headers }))),
    "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\nContent-Length: 3\r\n\r\nabc",
  );
});

Deno.test("Connection: close in a response ends the connection after it", async () => {
  const response = new HttpResponse("a", { headers: { connection: "close" } });
  assertMatch(
    await answerTo(GET + GET, (connection) => connection.send(response)),
    /^HTTP[^]*\r\nConnection: close\r\n[^]*\r\n\r\na<end>$/,
  );
});

Deno.test("line ends in fields and reason phrases are refused", () => {
  for (const value of ["a\r\nset-cookie: b", "a\nb", "a\rb", "a\0", "ā"]) {
    assertThrows(() => new HttpHeaders({ a: value }), TypeError, "not allowed");
    assertThrows(() => new HttpHeaders().append("a", value), TypeError);
    assertThrows(() => new HttpHeaders().set("a", value), TypeError);
    assertThrows(() => new HttpHeaders({ [value]: "a" }), TypeError, "not a token");
    assertThrows(() => new HttpResponse(null, { statusText: value }), TypeError);
  }
  assertThrows(() => HttpResponse.redirect("/\r\na: b"), TypeError);
  assertThrows(() => new HttpResponse(null).setCookie({ name: "a", value: "b\r\nc" }), SyntaxError);
});

Deno.test("1xx statuses are refused", () => {
  for (const status of [0, 100, 101, 199, 600, 200.5, NaN]) {
    assertThrows(() => new HttpResponse(null, { status }), RangeError, "between 200 and 599");
  }
});

Deno.test("a handler that throws sends a 500 and ends the connection", async () => {
  assertMatch(
    await answerTo(GET + GET, () => {
      throw new Error("secret");
    }),
    /^HTTP\/1\.1 500 Internal Server Error\r\n[^]*\r\n\r\n500 Internal Server Error\n<end>$/,
  );
});

Deno.test("a second response to a request is refused and reported", async () => {
  using peer = openHarness(http, {
    onMessage(connection) {
      connection.send("one");
      connection.send("two");
    },
  });
  peer.receive(GET);
  await turns();
  assertMatch(peer.sent, /one$/);
  assertEquals(peer.errors.map(({ cause }) => (cause as { code: string }).code), [
    "GOER_NO_REQUEST",
  ]);
});

Deno.test("maxRequestsPerConnection ends the connection after the last response", async () => {
  const answer = await answerTo(
    GET.repeat(3),
    (connection) => connection.send("a"),
    createHttp({ maxRequestsPerConnection: 2 }),
  );
  assertEquals(answer.match(/HTTP\/1\.1 200/g)?.length, 2);
  assertMatch(answer, /\r\nConnection: close\r\n[^]*<end>$/);
});
