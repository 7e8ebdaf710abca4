import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { fetchHandler, type FetchInfo, http, HttpError } from "../../protocols/http/mod.ts";
import { Goer } from "../../mod.ts";
import { openHarness, turns } from "../helpers/session_harness.ts";
import { inTime, until } from "../helpers/wait.ts";

/** The response to a request's bytes, without the Date field. */
async function answerTo(
  input: string,
  fetch: (request: Request, info: FetchInfo) => Response | Promise<Response>,
): Promise<string> {
  using peer = openHarness(http, { onMessage: fetchHandler(fetch) });
  peer.receive(input);
  for (let turn = 0; turn < 6; turn++) await turns();
  return peer.sent.replaceAll(/Date: [^\r]+\r\n/g, "") + (peer.ended ? "<end>" : "");
}

const GET = "GET /a%20b?c=d HTTP/1.1\r\nHost: h:81\r\nX-A: 1\r\nX-A: 2\r\n\r\n";

Deno.test("fetch can be an app whose fetch is called as a method", async () => {
  const app = {
    greeting: "hello",
    fetch() {
      return new Response(this.greeting);
    },
  };
  await using service = await new Goer("http://127.0.0.1:0", { fetch: app }).listen();
  assertEquals(await (await fetch(service.address)).text(), "hello");
});

Deno.test("a service with fetch can listen again after it has closed", async () => {
  const goer = new Goer("http://127.0.0.1:0", { fetch: () => new Response("again") });
  await (await goer.listen()).close();
  await using service = await goer.listen();
  assertEquals(await (await fetch(service.address)).text(), "again");
});

Deno.test("a fetch application receives the whole request", async () => {
  const seen: unknown[] = [];
  await answerTo(GET, (request, info) => {
    seen.push(request.method, request.url, request.headers.get("x-a"), request.body);
    seen.push(info.request.path, info.connection.remoteAddress);
    return new Response("ok");
  });
  assertEquals(seen, ["GET", "http://h:81/a%20b?c=d", "1, 2", null, "/a%20b", "192.0.2.1:4711"]);
});

Deno.test("a fetch application receives the body as a stream", async () => {
  const input = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
  assertMatch(
    await answerTo(input, async (request) => new Response(await request.text() + "!")),
    /abc!/,
  );
});

Deno.test("a body that is available immediately is sent with its length", async () => {
  assertEquals(
    await answerTo(GET + GET, () => new Response("hello")),
    "HTTP/1.1 200 OK\r\ncontent-type: text/plain;charset=UTF-8\r\nContent-Length: 5\r\n\r\nhello"
      .repeat(2),
  );
});

Deno.test("a body that arrives later is sent as it arrives", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const encoder = new TextEncoder();
  const body = new ReadableStream({
    async start(controller) {
      controller.enqueue(encoder.encode("a"));
      await promise;
      controller.enqueue(encoder.encode("b"));
      controller.close();
    },
  });
  using peer = openHarness(http, { onMessage: fetchHandler(() => new Response(body)) });
  peer.receive(GET);
  for (let turn = 0; turn < 6; turn++) await turns();
  assertMatch(peer.sent, /\r\n\r\n1\r\na\r\n$/);
  resolve();
  for (let turn = 0; turn < 6; turn++) await turns();
  assertMatch(peer.sent, /\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n$/);
});

Deno.test("a response without a body has the length 0", async () => {
  assertEquals(
    await answerTo(GET, () => new Response(null, { status: 404 })),
    "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
  );
});

Deno.test("a response whose body was already read becomes a 500", async () => {
  const response = new Response("a");
  await response.text();
  assertMatch(await answerTo(GET, () => response), /^HTTP\/1\.1 500 /);
});

Deno.test("requests that a web Request cannot represent get 4xx or 501", async () => {
  const answers: [request: string, status: number][] = [
    ["TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 501],
    ["TRACK / HTTP/1.1\r\nHost: a\r\n\r\n", 501],
    ["FOO / HTTP/1.1\r\nHost: a\r\n\r\n", 501],
    ["get / HTTP/1.1\r\nHost: a\r\n\r\n", 501],
    ["toString / HTTP/1.1\r\nHost: a\r\n\r\n", 501],
    ["GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nHost: %\r\n\r\n", 400],
  ];
  for (const [request, status] of answers) {
    assertMatch(
      await answerTo(request, () => new Response("ok")),
      new RegExp(`^HTTP/1\\.1 ${status} `),
      request,
    );
  }
});

Deno.test("a rejected promise of the application becomes a 500", async () => {
  assertMatch(
    await answerTo(GET, () => Promise.reject(new Error("no"))),
    /^HTTP\/1\.1 500 [^]*<end>$/,
  );
});

Deno.test("the signal is aborted if the client disconnects before the response", async () => {
  const signals: AbortSignal[] = [];
  using peer = openHarness(http, {
    onMessage: fetchHandler((request) => {
      signals.push(request.signal);
      return new Promise(() => {});
    }),
  });
  peer.receive(GET);
  peer.reset();
  await turns();
  assert(signals[0].aborted);
});

Deno.test("fetch is an option of HTTP services", async () => {
  await using service = await new Goer("http://127.0.0.1:0", {
    fetch: (request) => new Response(new URL(request.url).pathname),
  }).listen();
  assertEquals(await (await fetch(`${service.address}/a`)).text(), "/a");
});

Deno.test("fetch is refused for other protocols", async () => {
  const goer = new Goer("text://127.0.0.1:0", { fetch: () => new Response("a") });
  await assertRejects(() => goer.listen(), Error, "Invalid option fetch");
});

/** The errors that a service with `fetch` reports for a request, and the status of its response. */
async function failures(fetch: (request: Request) => unknown): Promise<[string, string]> {
  using peer = openHarness(http, {
    onMessage: fetchHandler(fetch as (request: Request) => Response),
  });
  peer.receive(GET);
  for (let turn = 0; turn < 6; turn++) await turns();
  return [peer.sent.slice(9, 12), peer.errors.map(({ message }) => message).join()];
}

Deno.test("an error or a wrong result of fetch is reported with the request, and gets 500", async () => {
  const answers: [returned: () => unknown, reason: string][] = [
    [() => {
      throw new Error("no");
    }, "no"],
    [() => Promise.reject(new Error("later")), "later"],
    [() => Promise.reject("text"), "text"],
    [() => undefined, "it returned undefined: return a Response"],
    [() => Promise.resolve(), "it returned undefined: return a Response"],
    [() => null, "it returned null: return a Response"],
    [() => "hello", "it returned a string: return a Response"],
    [() => Promise.resolve(42), "it returned a number (42): return a Response"],
    [() => ({ status: 200 }), "it returned an Object: return a Response"],
    [
      () => new (Object.defineProperty(class {}, "name", { value: "Response" }))(),
      "it returned a Response of another library: return one of the global Response",
    ],
  ];
  for (const [returned, reason] of answers) {
    assertEquals(await failures(returned), [
      "500",
      `fetch failed for GET /a%20b from 192.0.2.1:4711: ${reason}`,
    ]);
  }
});

Deno.test("an HttpError thrown by fetch determines the status", async () => {
  const [status] = await failures(() => {
    throw new HttpError(429, "too many requests");
  });
  assertEquals(status, "429");
});

Deno.test("a client that reads slowly gets the responses to all its pipelined requests", async () => {
  const count = 400;
  await using service = await new Goer("http://127.0.0.1:0", {
    maxSendBufferSize: 65_536,
    async fetch() {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return new Response("x".repeat(20_000));
    },
  }).listen();
  const { hostname, port } = new URL(service.address);
  const client = await Deno.connect({ hostname, port: Number(port) });
  const last = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  await client.write(new TextEncoder().encode(GET.repeat(count - 1) + last));
  const [connection] = await until("the client", () => {
    const all = [...service.connections];
    return Promise.resolve(all.length > 0 && all);
  });
  await until("a full buffer", () => Promise.resolve(connection.bufferedBytes > 65_536));
  const text = await inTime(new Response(client.readable).text(), "all responses");
  assertEquals(text.match(/HTTP\/1\.1 200 OK/g)?.length, count);
});
