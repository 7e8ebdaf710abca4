/** Objects created from input are limited in number: the maximum is accepted, one more is not. */

import { assertEquals } from "@std/assert";
import { createHttp } from "../../protocols/http/mod.ts";
import { answerTo } from "../http/answer_to.ts";
import { latin1 } from "../helpers/session_harness.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { Socket } from "../helpers/socket.ts";

const UPGRADE = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/** `part` for each number below `count`, which replaces `#`. */
function many(count: number, part: string, separator = ""): string {
  return Array.from({ length: count }, (_, index) => part.replaceAll("#", `${index}`))
    .join(separator);
}

function post(path: string, type: string, body: string, method = "POST"): string {
  return `${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: ${type}\r\n` +
    `Content-Length: ${body.length}\r\n\r\n${body}`;
}

function get(path: string, fields = ""): string {
  return `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields}\r\n`;
}

const MULTIPART = "multipart/form-data; boundary=b";
const URLENCODED = "application/x-www-form-urlencoded";

function parts(count: number, parameters: string): string {
  const part = `--b\r\nContent-Disposition: form-data; name="#"${parameters}\r\n\r\n\r\n`;
  return `${many(count, part)}--b--`;
}

/** Each has a limit, a request with this many objects, and the response to one more. */
const LIMITS: [name: string, limit: number, request: (count: number) => string, status: number][] =
  [
    ["header fields", 100, (count) => get("/headers", many(count - 2, "x: a\r\n")), 431],
    ["cookies", 200, (count) => get("/cookies", `Cookie: ${many(count, "#=a", "; ")}\r\n`), 431],
    ["query parameters", 1000, (count) => get(`/query?${many(count, "a", "&")}`), 400],
    ["fields of a form", 1000, (count) => post("/form", URLENCODED, many(count, "&a")), 413],
    [
      "fields of a form with files",
      1000,
      (count) => post("/form", MULTIPART, parts(count, "")),
      413,
    ],
    ["files", 100, (count) => post("/form", MULTIPART, parts(count, '; filename="#"')), 413],
    ["values in JSON", 100_000, (count) => post("/json", "", `[${many(count, "0", ",")}]`), 413],
    ["objects in JSON", 50_000, (count) => post("/json", "", `[${many(count, "[]", ",")}]`), 413],
    [
      "trailers",
      100,
      (count) => {
        const fields = `${many(count, "x: a\r\n")}`;
        return `POST /json HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n` +
          `1\r\n0\r\n0\r\n${fields}\r\n`;
      },
      431,
    ],
    [
      "parameters of a media type",
      32,
      (count) => post("/form", `${MULTIPART}; ${many(count - 1, "x#=a", ";")}`, parts(1, "")),
      415,
    ],
    [
      "parameters of a part",
      32,
      (count) => post("/form", MULTIPART, parts(1, `;${many(count - 1, "x#=a", ";")}`)),
      400,
    ],
    [
      "fields of a part",
      32,
      (count) => post("/form", MULTIPART, parts(1, `${many(count - 1, "\r\nx#: a")}`)),
      400,
    ],
  ];

/** The same for WebSocket handshakes. */
const OFFERS: typeof LIMITS = [
  [
    "subprotocols",
    64,
    (count) => `${UPGRADE}Sec-WebSocket-Protocol: ${many(count, "a#", ",")}\r\n\r\n`,
    400,
  ],
  [
    "extensions",
    64,
    (count) => `${UPGRADE}Sec-WebSocket-Extensions: ${many(count, "a", ",")}\r\n\r\n`,
    400,
  ],
  [
    "parameters of an extension",
    64,
    (count) => `${UPGRADE}Sec-WebSocket-Extensions: ${many(count, "a", ";")}\r\n\r\n`,
    400,
  ],
];

async function statusOf(address: string, request: string): Promise<number> {
  using socket = await Socket.connect(address);
  await socket.send(request);
  return Number(latin1(await socket.receive(12)).slice(9));
}

testOnEach("the maximum number of objects is created, and one more is refused", async (runtime) => {
  await using served = await serve<string[]>(runtime, "tests/hostile/fixtures/counts.ts");
  const [site, , webSocket] = served.ready;
  for (
    const [address, passes, limits] of [[site, 200, LIMITS], [webSocket, 101, OFFERS]] as const
  ) {
    for (const [name, limit, request, status] of limits) {
      const statuses = [request(limit), request(limit + 1)].map((each) => statusOf(address, each));
      assertEquals(await Promise.all(statuses), [passes, status], name);
    }
  }
});

testOnEach(
  "the groups of a connection and the subscriptions of a service are limited",
  async (runtime) => {
    await using served = await serve<string[]>(runtime, "tests/hostile/fixtures/counts.ts");
    for (const [names, answers] of [[["a", "b", "a", "c"], 4], [["#a", "#b"], 2]] as const) {
      using socket = await Socket.connect(served.ready[1]);
      await socket.send(names.map((name) => `${name}\n`).join(""));
      assertEquals(latin1(await socket.receive(3 * answers)), "ok\n".repeat(answers));
      await socket.send(`${names[0]}more\n`);
      assertEquals(latin1(await socket.receiveAll()), "GOER_TOO_MANY\n");
    }
  },
);

/** The peak memory of a process, in bytes (`proc_pid_status(5)`). */
function peakMemory(pid: number): number {
  const [, kibibytes] = /^VmHWM:\s+(\d+)/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))!;
  return Number(kibibytes) * 1024;
}

testOnEach(
  "a form or JSON that would become millions of objects is refused without creating them",
  async (runtime) => {
    await using served = await serve<string[]>(runtime, "tests/hostile/fixtures/counts.ts");
    for (const [path, type, unit] of [["/form", URLENCODED, "&a"], ["/json", "", "[],"]]) {
      const body = unit.repeat(10_000_000 / unit.length);
      const before = peakMemory(served.pid);
      assertEquals(await statusOf(served.ready[0], post(path, type, body)), 413);
      // The bytes themselves, in pieces and joined, take a few times their size.
      const growth = (peakMemory(served.pid) - before) / body.length;
      assertEquals(growth < 20, true, `${path}: ${growth} bytes of memory for each byte`);
    }
  },
  Deno.build.os === "linux" ? undefined : "only Linux tells the memory of a process",
);

Deno.test("the limits of counts are options", async () => {
  const one = createHttp({
    maxCookies: 1,
    maxQueryParameters: 1,
    maxFormFields: 1,
    maxJsonValues: 1,
  });
  const reads = {
    query: [get("/?a"), get("/?a&b")],
    cookies: [get("/", "Cookie: a=b\r\n"), get("/", "Cookie: a=b; c=d\r\n")],
    form: [post("/", URLENCODED, "a"), post("/", URLENCODED, "a&b")],
    parts: [post("/", MULTIPART, parts(1, "")), post("/", MULTIPART, parts(2, ""))],
    json: [post("/", "", "[0]"), post("/", "", "[0,0]")],
  };
  const statuses: Record<string, string[]> = {};
  for (const [name, requests] of Object.entries(reads)) {
    statuses[name] = await Promise.all(requests.map(async (request) => {
      const answer = await answerTo(request, async (connection, request) => {
        if (name === "query" || name === "cookies") void request[name];
        else await (name === "json" ? request.json() : request.form());
        connection.send("");
      }, one);
      return answer.slice(9, 12);
    }));
  }
  assertEquals(statuses, {
    query: ["200", "400"],
    cookies: ["200", "431"],
    form: ["200", "413"],
    parts: ["200", "413"],
    json: ["200", "413"],
  });
});

Deno.test("input that only looks like many values or fields is accepted", async () => {
  const few = createHttp({ maxFormFields: 2, maxJsonValues: 3, maxQueryParameters: 2 });
  const requests = [
    post("/form", URLENCODED, "&&&a=1&&&&b=2&&&"),
    post("/json", "", JSON.stringify(['[[{,,\\"[[,', { a: "\\" }])),
    get("/query?&&a&&&b&&"),
  ];
  for (const request of requests) {
    const answer = await answerTo(request, async (connection, request) => {
      if (request.path === "/query") void request.query;
      else await (request.path === "/json" ? request.json() : request.form());
      connection.send("");
    }, few);
    assertEquals(answer.slice(9, 12), "200", request);
  }
});
