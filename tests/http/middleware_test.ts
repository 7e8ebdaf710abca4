/** Hono's middleware in a worker responds as it does under `Deno.serve`. */

import { assertEquals } from "@std/assert";
import { bundled } from "../helpers/bundled.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { serve, type Served } from "../helpers/serve.ts";
import { middlewareApp } from "./contract/middleware_app.ts";

const AUTHORIZATION = `Basic ${btoa("you:secret")}`;

/** Requests, by what they are. */
const REQUESTS: Record<string, [path: string, init?: RequestInit, stream?: string]> = {
  "cors": ["/cors", { headers: { origin: "https://a.example" } }],
  "cors, preflight": ["/cors", {
    method: "OPTIONS",
    headers: { origin: "https://a.example", "access-control-request-method": "PUT" },
  }],
  "etag": ["/etag"],
  "etag, not modified": ["/etag", {
    headers: { "if-none-match": '"bf91e1ac7a06178157d717a38a3f9e0c3a4f3d35"' },
  }],
  "compress": ["/compress/text", { headers: { "accept-encoding": "gzip" } }],
  "compress, HEAD": ["/compress/text", { method: "HEAD", headers: { "accept-encoding": "gzip" } }],
  "compress, short text": ["/compress/short", { headers: { "accept-encoding": "gzip" } }],
  "basic-auth": ["/auth", { headers: { authorization: AUTHORIZATION } }],
  "basic-auth, refused": ["/auth"],
  "body-limit": ["/limit", { method: "POST", body: "short" }],
  "body-limit, over it": ["/limit", { method: "POST", body: "long ".repeat(100) }],
  "body-limit, a stream over it": ["/limit", { method: "POST" }, "long ".repeat(100)],
  "cookie": ["/cookie", { headers: { cookie: "a=1; b=%C3%BC" } }],
  "streaming of bytes": ["/stream"],
  "streaming of text": ["/text"],
  "server-sent events": ["/events"],
  "static files": ["/files/a.txt"],
  "static files, missing": ["/files/b.txt"],
  "many of them, JSON": ["/all/json", { headers: { origin: "https://a.example" } }],
  "many of them, HTML": ["/all/html"],
  "many of them, a redirect": ["/all/redirect", { redirect: "manual" }],
  "many of them, no body": ["/all/empty"],
  "many of them, an error": ["/all/error"],
  "many of them, not found": ["/all/none"],
  "a form": ["/form", { method: "POST", body: new URLSearchParams({ a: "1" }) }],
  "JSON": ["/json", { method: "POST", body: '{"a":1}' }],
  "a proxy": ["/proxy", { method: "POST", body: '{"a":1}' }],
};

/** What a client sees. */
async function seen(url: string, init?: RequestInit): Promise<unknown> {
  const response = await fetch(url, init);
  const framing = [
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "transfer-encoding",
    "vary",
  ];
  const headers = [...response.headers].filter(([name]) => !framing.includes(name));
  return { status: response.status, headers, body: await response.text() };
}

testOnEach("HTTP: Hono's middleware responds as under Deno.serve", async (runtime, context) => {
  const app = "tests/http/fixtures/middleware.ts";
  await using site: Served<{ addresses: string[] }> = await serve(bundled(runtime), app);
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    return middlewareApp.fetch(request);
  });
  for (const [name, [path, init, stream]] of Object.entries(REQUESTS)) {
    await context.step(name, async () => {
      const make = () =>
        stream === undefined ? init : { ...init, body: new Blob([stream]).stream() };
      const [actual, expected] = [site.ready.addresses[0], `http://127.0.0.1:${server.addr.port}`];
      assertEquals(await seen(actual + path, make()), await seen(expected + path, make()));
    });
  }
});
