import { assertEquals, assertMatch } from "@std/assert";
import { type AccessLogOptions, createHttp, HttpResponse } from "../../protocols/http/mod.ts";
import { openHarness, turns } from "../helpers/session_harness.ts";

/** The log lines for the bytes of a connection. */
async function linesFor(input: string, format: AccessLogOptions["format"]): Promise<string[]> {
  const lines: string[] = [];
  const accessLog = { format, write: (line: string) => void lines.push(line) };
  using peer = openHarness(createHttp({ accessLog }), {
    onMessage(connection, request) {
      connection.send(request.path === "/none" ? new HttpResponse(null, { status: 404 }) : "hello");
    },
  });
  peer.receive(input);
  await turns();
  return lines;
}

const FIELDS = 'Host: a\r\nReferer: http://b/"c"\r\nUser-Agent: d\\e\xff\tf\r\n\r\n';

Deno.test("the common log has a line for every response", async () => {
  const input = `GET /a?b HTTP/1.1\r\n${FIELDS}HEAD /none HTTP/1.1\r\n${FIELDS}`;
  const lines = await linesFor(input, "common");
  assertEquals(
    lines.map((line) => line.replace(/\[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000\]/, "[time]")),
    [
      '192.0.2.1 - - [time] "GET /a?b HTTP/1.1" 200 5',
      '192.0.2.1 - - [time] "HEAD /none HTTP/1.1" 404 -',
    ],
  );
});

Deno.test("nothing that a client sends ends a field of the combined log", async () => {
  const [line] = await linesFor(`GET / HTTP/1.1\r\n${FIELDS}`, "combined");
  assertMatch(line, / 200 5 "http:\/\/b\/\\x22c\\x22" "d\\x5ce\\xff\\x09f"$/);
});

Deno.test("the JSON log has an object for every response", async () => {
  const [line] = await linesFor(`GET /a HTTP/1.1\r\n${FIELDS}`, "json");
  const { time, duration, ...entry } = JSON.parse(line);
  assertEquals(new Date(time).toISOString(), time);
  assertEquals(typeof duration, "number");
  assertEquals(entry, {
    remoteAddress: "192.0.2.1:4711",
    method: "GET",
    target: "/a",
    version: "1.1",
    status: 200,
    size: 5,
    referer: 'http://b/"c"',
    userAgent: "d\\e\xff\tf",
  });
});

Deno.test("a request that cannot be read is logged, too", async () => {
  const [line] = await linesFor("GET /\n", "common");
  assertMatch(line, /\] "-" 400 -$/);
});
