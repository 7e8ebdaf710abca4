/** The web's `Request` and `Response` on each runtime. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { serve, type Served } from "../helpers/serve.ts";
import { shareOnEach } from "../helpers/shared.ts";
import { bytesOf, latin1 } from "../helpers/session_harness.ts";
import { Socket } from "../helpers/socket.ts";

type Site = Served<{ addresses: string[] }>;

/** A site with the runtime's own `Request` and `Response`, and one with those of a worker. */
const testOnSites = shareOnEach(async (runtime, stack) => {
  const [native, override]: Site[] = await Promise.all(["native", "override"].map((globals) => {
    return serve<Site["ready"]>(runtime, "tests/http/fixtures/web.ts", { args: [globals] });
  }));
  return { native: stack.use(native), override: stack.use(override) };
});

/** Registers a test for both sites on each runtime. */
function testBoth(name: string, body: (site: Site) => Promise<void>): void {
  for (const globals of ["native", "override"] as const) {
    testOnSites(`HTTP, ${globals} globals: ${name}`, (sites) => body(sites[globals]));
  }
}

/** The response to an unchanged request, up to the end of the connection. */
async function raw(address: string, request: string): Promise<string> {
  using socket = await Socket.connect(address);
  await socket.send(bytesOf(request));
  await socket.end();
  return latin1(await socket.receiveAll());
}

testBoth("a web Response is sent with the media type of its body", async (site) => {
  const types: Record<string, RegExp> = {
    "/text": /^text\/plain;charset=utf-8$/i,
    "/long": /^text\/plain;charset=utf-8$/i,
    "/bytes": /^$/,
    "/blob": /^text\/html/,
    "/form": /^multipart\/form-data; ?boundary=.+$/,
    "/params": /^application\/x-www-form-urlencoded;charset=utf-8$/i,
    "/json": /^application\/json/,
    "/typed": /^a\/b$/,
  };
  for (const address of site.ready.addresses) {
    for (const [path, type] of Object.entries(types)) {
      const response = await fetch(address + path);
      assertMatch(response.headers.get("content-type") ?? "", type, path);
      if (path === "/form") assertEquals([...await response.formData()], [["a", "1"]]);
      else if (path === "/text") assertEquals(await response.text(), "grüß dich");
      else if (path === "/long") assertEquals((await response.text()).length, 100_000);
      else await response.arrayBuffer();
    }
  }
});

testOnSites("a worker gives a stream of text no media type of its own", async ({ override }) => {
  const response = await fetch(`${override.ready.addresses[0]}/stream`);
  assertEquals([response.headers.get("content-type"), await response.text()], [null, "text"]);
});

testBoth("several Set-Cookie fields of a web Response stay separate", async (site) => {
  for (const address of site.ready.addresses) {
    const { headers, status } = await fetch(`${address}/cookies`);
    assertEquals([status, headers.getSetCookie()], [204, [
      "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
      "b=2",
    ]]);
  }
});

testBoth("a response that fetch has decoded is sent without Content-Encoding", async (site) => {
  const host = new URL(site.ready.addresses[0]).host;
  const relayed = (coding: string) =>
    raw(
      site.ready.addresses[0],
      `GET /relay/${coding} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    );
  for (const coding of ["gzip", "br"]) {
    const response = await relayed(coding);
    assertMatch(response, /the decoded text/, coding);
    assert(!/content-encoding/i.test(response), response);
  }
  // Deno does not decode this one.
  const isDecoded = /the decoded text/.test(await relayed("deflate"));
  assertEquals(/content-encoding: deflate/i.test(await relayed("deflate")), !isDecoded);
});

testBoth("Response.error() becomes a 500", async (site) => {
  for (const address of site.ready.addresses) {
    const request = "GET /error HTTP/1.1\r\nHost: a\r\n\r\n";
    assertMatch(await raw(address, request), /^HTTP\/1\.1 500 Internal Server Error\r\n/);
  }
});

testBoth(
  "methods that a web Request cannot have get 501",
  async (site) => {
    const [address] = site.ready.addresses;
    for (const method of ["FOO", "TRACE", "TRACK", "CONNECT", "get", "Patch", "GETT"]) {
      const request = `${method} /echo HTTP/1.1\r\nHost: a\r\n\r\n`;
      assertMatch(await raw(address, request), /^HTTP\/1\.1 501 Not Implemented\r\n/, method);
    }
    for (const method of ["PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "PURGE", "QUERY"]) {
      const request = `${method} /echo HTTP/1.1\r\nHost: a\r\n\r\n`;
      assertMatch(
        await raw(address, request),
        new RegExp(`\\r\\n\\r\\n\\["${method}",null,""\\]$`),
      );
    }
  },
);

testBoth("a GET with a body becomes a web Request without one", async (site) => {
  const [address] = site.ready.addresses;
  for (
    const framing of ["Content-Length: 3\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"]
  ) {
    const request = `GET /echo HTTP/1.1\r\nHost: a\r\n${framing}`;
    const answers = await raw(address, request + request);
    assertEquals(answers.match(/HTTP\/1\.1 200 OK\r\n/g)?.length, 2);
    assertMatch(answers, /\["GET",null,""\]$/);
  }
});

testBoth("several Cookie fields become one in a web Request", async (site) => {
  const [address] = site.ready.addresses;
  const request = "GET /echo HTTP/1.1\r\nHost: a\r\nCookie: a=1\r\nX: y\r\nCookie: b=2\r\n\r\n";
  assertMatch(await raw(address, request), /\["GET","a=1; b=2",""\]$/);
});

testBoth(
  "the signal of a Request and of its copies aborts when the client leaves",
  async (site) => {
    const socket = await Socket.connect(site.ready.addresses[0]);
    await socket.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
    assertEquals(JSON.parse(await site.line()), ["waiting", [false, false, false]]);
    socket[Symbol.dispose]();
    assertEquals(JSON.parse(await site.line()), ["aborted", true]);
  },
);

testBoth("a body stream waits for its client, and is cancelled when that leaves", async (site) => {
  const socket = await Socket.connect(site.ready.addresses[0]);
  await socket.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n");
  await socket.receive(10 * 65_536);
  // What follows fills buffers of Goer and of the system, and no more.
  await new Promise((resolve) => setTimeout(resolve, 300));
  socket[Symbol.dispose]();
  const [said, pulls] = JSON.parse(await site.line());
  assertEquals(said, "cancelled");
  assert(pulls >= 10 && pulls < 400, `it was asked ${pulls} times`);
});

testBoth("a body stream that fails half-way cuts the connection", async (site) => {
  const [address] = site.ready.addresses;
  const response = await raw(address, "GET /broken HTTP/1.1\r\nHost: a\r\n\r\n");
  assertMatch(response, /\r\n\r\n1\r\na\r\n$/);
  assertMatch(await raw(address, "GET /text HTTP/1.1\r\nHost: a\r\n\r\n"), / 200 OK\r\n/);
});
