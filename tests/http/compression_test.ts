import { assertEquals } from "@std/assert";
import {
  type CompressionOptions,
  createHttp,
  HttpResponse,
  type HttpResponseInit,
} from "../../protocols/http/mod.ts";
import { openHarness, turns } from "../helpers/session_harness.ts";

const TEXT = "text ".repeat(1000);

/** The fields of the response that concern compression. */
function fieldsFor(
  acceptEncoding: string | undefined,
  options: CompressionOptions = {},
  init: HttpResponseInit = {},
  body: string | null = TEXT,
): Record<string, string> {
  const protocol = createHttp({ compression: options });
  using peer = openHarness(protocol, {
    onMessage: (connection) => connection.send(new HttpResponse(body, init)),
  });
  const field = acceptEncoding === undefined ? "" : `Accept-Encoding: ${acceptEncoding}\r\n`;
  peer.receive(`GET / HTTP/1.1\r\nHost: a\r\n${field}\r\n`);
  const fields: Record<string, string> = {};
  for (const name of ["content-encoding", "vary", "etag", "accept-ranges", "content-length"]) {
    const value = new RegExp(`\r\n${name}: ([^\r]*)\r\n`, "i").exec(peer.sent);
    if (value !== null) fields[name] = value[1];
  }
  return fields;
}

function codingFor(acceptEncoding: string | undefined, options?: CompressionOptions) {
  return fieldsFor(acceptEncoding, options)["content-encoding"];
}

Deno.test("a client that accepts no supported coding gets none", () => {
  for (const field of [undefined, "", " ", ",", ";q=1", "identity", "deflat"]) {
    assertEquals(codingFor(field), undefined, field);
  }
});

Deno.test("the client's preferred coding is used", () => {
  const fields: [field: string, coding: string | undefined][] = [
    ["gzip", "gzip"],
    ["GZIP", "gzip"],
    ["x-gzip", "gzip"],
    ["gzip, br", "gzip"],
    ["br, gzip", "br"],
    ["gzip;q=0.5, br", "br"],
    ["gzip;q=0.5,br;q=0.499", "gzip"],
    ["gzip ; q=0.1 ,\tdeflate ;q=0.2", "deflate"],
    ["zstd, gzip", "gzip"],
    ["gzip;q=0", undefined],
    ["gzip;q=0.0, br;q=0.000", undefined],
    ["gzip;Q=0", undefined],
    ["*", "br"],
    ["*;q=0.1", "br"],
    ["*;q=0", undefined],
    ["br;q=0, *", "gzip"],
    ["gzip, *;q=0", "gzip"],
    ["gzip;q=0.5, *;q=0.6", "br"],
    ["gzip;q=2, br;q=-1, deflate;q=0.1", "deflate"],
    ["gzip;q=a, br;q=", undefined],
    ["gzip;q=0.5, identity", undefined],
    ["gzip;q=0.5, identity;q=0.5", "gzip"],
    ["gzip;q=0.5, identity;q=0", "gzip"],
    ["identity;q=0", undefined],
    ["identity;q=0, *", "br"],
    ["gzip, gzip;q=0", "gzip"],
  ];
  for (const [field, coding] of fields) assertEquals(codingFor(field), coding, field);
});

Deno.test("only codings that the service offers are used", () => {
  assertEquals(codingFor("br, gzip;q=0.1", { encodings: ["gzip"] }), "gzip");
  assertEquals(codingFor("*", { encodings: ["gzip", "br"] }), "gzip");
  assertEquals(codingFor("br", { encodings: ["gzip"] }), undefined);
});

Deno.test("short text is compressed only for a client that refuses it uncompressed", () => {
  const options = { minSize: TEXT.length + 1 };
  assertEquals(fieldsFor("gzip", options), { "content-length": "5000" });
  assertEquals(fieldsFor("gzip, identity;q=0", options), {
    "content-encoding": "gzip",
    vary: "accept-encoding",
  });
});

Deno.test("a response that could be compressed has a Vary field", () => {
  assertEquals(fieldsFor("identity"), { vary: "accept-encoding", "content-length": "5000" });
});

Deno.test("Vary contains the field once", () => {
  const values: [before: string, after: string][] = [
    ["Accept-Encoding", "Accept-Encoding"],
    ["cookie, accept-encoding", "cookie, accept-encoding"],
    ["*", "*"],
  ];
  for (const [vary, expected] of values) {
    assertEquals(fieldsFor("gzip", {}, { headers: { vary } }).vary, expected);
  }
});

Deno.test("a compressed response has a weak tag, no length and no ranges", () => {
  const headers = { etag: '"a"', "accept-ranges": "bytes", "content-length": "5000" };
  assertEquals(fieldsFor("gzip", {}, { headers }), {
    "content-encoding": "gzip",
    vary: "accept-encoding",
    etag: 'W/"a"',
  });
  assertEquals(fieldsFor("gzip", {}, { headers: { etag: 'W/"a"' } }).etag, 'W/"a"');
});

Deno.test("a 304 has the Vary and the tag of the 200", () => {
  const about304 = (headers: Record<string, string>, field = "gzip") =>
    fieldsFor(field, {}, { status: 304, headers }, null);
  const vary = "accept-encoding";
  assertEquals(about304({ etag: '"a"' }), { vary, etag: 'W/"a"' });
  assertEquals(about304({ etag: '"a"' }, "identity"), { vary, etag: '"a"' });
  assertEquals(about304({ etag: '"a"', "content-type": "image/png" }), { etag: '"a"' });
  const small = { etag: '"a"', "content-type": "text/plain", "content-length": "10" };
  assertEquals(about304(small), { etag: '"a"' });
});

Deno.test("a 206 has the Vary of the 200, and the uncompressed bytes", () => {
  const headers = { etag: '"a"', "content-range": "bytes 0-4/5000", "accept-ranges": "bytes" };
  assertEquals(fieldsFor("gzip", {}, { status: 206, headers }, "text "), {
    vary: "accept-encoding",
    etag: '"a"',
    "accept-ranges": "bytes",
    "content-length": "5",
  });
});

Deno.test("a response that must not change is not compressed", () => {
  const fixed: Record<string, string>[] = [
    { "cache-control": "max-age=1, no-transform" },
    { "content-encoding": "zstd" },
    { "repr-digest": "sha-256=:AAAA:" },
    { "content-type": "image/png" },
    { "content-type": "text/event-stream" },
  ];
  for (const headers of fixed) {
    const { "content-encoding": coding, vary } = fieldsFor("gzip", {}, { headers });
    assertEquals([coding, vary], [headers["content-encoding"], undefined], JSON.stringify(headers));
  }
});

Deno.test("the response to HEAD releases the body", async () => {
  let released = false;
  const body = new ReadableStream({ cancel: () => void (released = true) });
  const headers = { "content-type": "text/plain" };
  using peer = openHarness(createHttp({ compression: true }), {
    onMessage: (connection) => connection.send(new HttpResponse(body, { headers })),
  });
  peer.receive("HEAD / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
  await turns();
  assertEquals(/\r\ncontent-encoding: gzip\r\n/i.test(peer.sent), true, peer.sent);
  assertEquals(released, true);
});
