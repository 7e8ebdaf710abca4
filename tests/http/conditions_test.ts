import { assertEquals, assertMatch } from "@std/assert";
import { sendFile, type SendFileOptions } from "../../protocols/http/mod.ts";
import { Goer } from "../../mod.ts";

const CONTENT = "0123456789abcdef";

/** When the file was last changed: Sun, 06 Nov 1994 08:49:37.5 GMT. */
const MODIFIED = 784_111_777_500;

/** One file, served at every path. It is removed at the end of a block. */
async function serveFile(options: SendFileOptions & { content?: string; modified?: number } = {}) {
  const { content = CONTENT, modified = MODIFIED, ...rest } = options;
  const path = await Deno.makeTempFile({ suffix: ".txt" });
  await Deno.writeTextFile(path, content);
  await Deno.utime(path, new Date(), new Date(modified));
  const service = await new Goer("http://127.0.0.1:0", {
    onMessage: async (connection, request) => {
      connection.send(await sendFile(request, path, rest));
    },
  }).listen();
  return {
    /** The status for header fields, which are sent unchanged. */
    async status(headers: Record<string, string>): Promise<number> {
      return (await this.answer(headers)).status;
    },
    async answer(headers: Record<string, string>) {
      const response = await fetch(service.address, { headers });
      const { status } = response;
      return { status, headers: response.headers, body: await response.text() };
    },
    async [Symbol.asyncDispose]() {
      await service.close({ graceful: false });
      await Deno.remove(path);
    },
  };
}

Deno.test("the three date formats of RFC 9110, section 5.6.7, are accepted", async () => {
  await using file = await serveFile();
  const dates: [date: string, status: number][] = [
    ["Sun, 06 Nov 1994 08:49:37 GMT", 304],
    ["Sunday, 06-Nov-94 08:49:37 GMT", 304],
    ["Sun Nov  6 08:49:37 1994", 304],
    ["Sun, 06 Nov 1994 08:49:36 GMT", 200],
    ["Sunday, 06-Nov-94 08:49:36 GMT", 200],
    ["Sun Nov  6 08:49:36 1994", 200],
    ["Sat, 31 Dec 2016 23:59:60 GMT", 304],
  ];
  for (const [date, status] of dates) {
    assertEquals(await file.status({ "if-modified-since": date }), status, date);
    const unmodified = status === 304 ? 200 : 412;
    assertEquals(await file.status({ "if-unmodified-since": date }), unmodified, date);
  }
});

Deno.test("a two-digit year is not far in the future", async () => {
  await using file = await serveFile();
  const past = (new Date().getUTCFullYear() + 51) % 100;
  const ahead = (new Date().getUTCFullYear() + 49) % 100;
  const date = (year: number) => `Monday, 01-Jan-${String(year).padStart(2, "0")} 00:00:00 GMT`;
  assertEquals(await file.status({ "if-modified-since": date(past) }), 200);
  assertEquals(await file.status({ "if-modified-since": date(ahead) }), 304);
});

Deno.test("an invalid HTTP date is ignored", async () => {
  await using file = await serveFile();
  const dates = [
    "",
    "2030-01-01",
    "2030-01-01T00:00:00Z",
    "Sun, 06 Nov 2030 08:49:37 UTC",
    "Sun, 06 Nov 2030 08:49:37 +0000",
    "Sun, 06 Nov 2030 08:49:37",
    "Sun, 6 Nov 2030 08:49:37 GMT",
    "06 Nov 2030 08:49:37 GMT",
    "Sun, 31 Nov 2030 08:49:37 GMT",
    "Sun, 06 Nov 2030 24:00:00 GMT",
    "Sun, 06 Nov 2030 08:60:00 GMT",
    "Sun, 06 Nov 2030 08:49:37 GMT, Sun, 06 Nov 2030 08:49:37 GMT",
    "1900000000",
  ];
  for (const date of dates) {
    assertEquals(await file.status({ "if-modified-since": date }), 200, date);
    assertEquals(await file.status({ "if-unmodified-since": date }), 200, date);
  }
});

Deno.test("tags are compared one by one, with strong or weak comparison", async () => {
  await using file = await serveFile({ headers: { etag: '"a,b"' } });
  const conditions: [headers: Record<string, string>, status: number][] = [
    [{ "if-none-match": '"a,b"' }, 304],
    [{ "if-none-match": 'W/"a,b"' }, 304],
    [{ "if-none-match": '"x" , "a,b","y"' }, 304],
    [{ "if-none-match": '"x","a", "b"' }, 200],
    [{ "if-none-match": " * " }, 304],
    [{ "if-none-match": "a,b" }, 200],
    [{ "if-none-match": "" }, 200],
    [{ "if-match": '"a,b"' }, 200],
    [{ "if-match": '"x",\t"a,b"' }, 200],
    [{ "if-match": 'W/"a,b"' }, 412],
    [{ "if-match": "*" }, 200],
    [{ "if-match": '"a"' }, 412],
  ];
  for (const [headers, status] of conditions) {
    assertEquals(await file.status(headers), status, JSON.stringify(headers));
  }
});

Deno.test("a weak tag of the application matches If-Match only for an asterisk", async () => {
  await using file = await serveFile({ headers: { etag: 'W/"a"' } });
  assertEquals(await file.status({ "if-match": "*" }), 200);
  assertEquals(await file.status({ "if-match": 'W/"a"' }), 412);
  assertEquals(await file.status({ "if-none-match": '"a"' }), 304);
  assertEquals(await file.status({ range: "bytes=0-0", "if-range": 'W/"a"' }), 200);
});

Deno.test("conditions are evaluated in the order of RFC 9110, section 13.2.2", async () => {
  await using file = await serveFile({ headers: { etag: '"a"' } });
  const [before, after] = ["Sun, 06 Nov 1994 08:49:36 GMT", "Sun, 06 Nov 1994 08:49:37 GMT"];
  const conditions: [headers: Record<string, string>, status: number][] = [
    [{ "if-match": '"a"', "if-unmodified-since": before }, 200],
    [{ "if-match": '"b"', "if-none-match": '"a"' }, 412],
    [{ "if-match": '"a"', "if-none-match": '"a"' }, 304],
    [{ "if-unmodified-since": before, "if-none-match": '"a"' }, 412],
    [{ "if-none-match": '"b"', "if-modified-since": after }, 200],
    [{ "if-none-match": '"a"', "if-modified-since": before }, 304],
    [{ "if-none-match": '"a"', range: "bytes=0-0" }, 304],
    [{ "if-match": '"b"', range: "bytes=0-0" }, 412],
    [{ "if-match": '"a"', range: "bytes=0-0", "if-range": '"b"' }, 200],
    [{ range: "bytes=0-0", "if-range": "Sunday, 06-Nov-94 08:49:37 GMT" }, 206],
    [{ range: "bytes=0-0", "if-range": "Sun, 06 Nov 1994 08:49:38 GMT" }, 200],
    [{ range: "bytes=0-0", "if-range": "a" }, 200],
    [{ range: "bytes=99-", "if-range": '"b"' }, 200],
  ];
  for (const [headers, status] of conditions) {
    assertEquals(await file.status(headers), status, JSON.stringify(headers));
  }
});

Deno.test("a 304 and a 412 have the tag, and no fields about the file's content", async () => {
  await using file = await serveFile({ headers: { etag: '"a"', "cache-control": "no-cache" } });
  const cached = await file.answer({ "if-none-match": '"a"' });
  assertEquals(cached.status, 304);
  assertEquals([...cached.headers.keys()], ["cache-control", "date", "etag", "last-modified"]);
  const refused = await file.answer({ "if-match": '"b"' });
  assertEquals([refused.status, refused.headers.get("etag"), refused.body], [
    412,
    '"a"',
    "Precondition Failed\n",
  ]);
});

Deno.test("a 206 has the fields of the 200", async () => {
  await using file = await serveFile({ headers: { "cache-control": "no-cache", vary: "cookie" } });
  const whole = await file.answer({});
  const part = await file.answer({ range: "bytes=1-2" });
  assertEquals([part.status, part.body], [206, "12"]);
  for (const name of ["cache-control", "content-type", "etag", "last-modified", "vary"]) {
    assertEquals(part.headers.get(name), whole.headers.get(name), name);
  }
});

Deno.test("a file with a date in the future counts as changed now", async () => {
  await using file = await serveFile({ modified: Date.now() + 1e9 });
  const { headers } = await file.answer({});
  assertMatch(headers.get("last-modified")!, / GMT$/);
  const [modified, date] = [headers.get("last-modified")!, headers.get("date")!].map(Date.parse);
  assertEquals(modified <= date, true);
});

Deno.test("ranges are parsed as in RFC 9110, section 14.1.2", async () => {
  await using file = await serveFile();
  const digits = "9".repeat(400);
  const ranges: [range: string, status: number, body: string][] = [
    ["bytes=0-0", 206, "0"],
    ["bytes=15-15", 206, "f"],
    ["BYTES=1-2", 206, "12"],
    [`bytes=14-${digits}`, 206, "ef"],
    [`bytes=-${digits}`, 206, CONTENT],
    ["bytes=,0-1, ,", 206, "01"],
    ["bytes= 0-1 ", 206, "01"],
    [`bytes=${digits}-`, 416, ""],
    ["bytes=16-16", 416, ""],
    ["bytes=0-1,2-3", 200, CONTENT],
    ["bytes=", 200, CONTENT],
    ["bytes=-", 200, CONTENT],
    ["bytes=0", 200, CONTENT],
    ["bytes=0 - 1", 200, CONTENT],
    ["bytes=+0-1", 200, CONTENT],
    ["bytes=--1", 200, CONTENT],
    ["bytes=0x0-0x1", 200, CONTENT],
    ["bytes 0-1", 200, CONTENT],
    ["items=0-1", 200, CONTENT],
  ];
  for (const [range, status, body] of ranges) {
    const answer = await file.answer({ range });
    assertEquals([answer.status, answer.body], [status, body], range);
  }
});

Deno.test("a range of an empty file is ignored or refused", async () => {
  await using file = await serveFile({ content: "" });
  assertEquals((await file.answer({ range: "bytes=-5" })).status, 200);
  const { status, headers } = await file.answer({ range: "bytes=0-" });
  assertEquals([status, headers.get("content-range")], [416, "bytes */0"]);
});
