/**
 * The `Request` and `Response` of a worker behave like the runtime's own. Two processes run the
 * same cases: one with native objects, one with a worker's.
 */

import { assertEquals } from "@std/assert";
import { bundled } from "../helpers/bundled.ts";
import { serve, type Served } from "../helpers/serve.ts";
import { shareOnEach } from "../helpers/shared.ts";
import { bytesOf, latin1 } from "../helpers/session_harness.ts";
import { Socket } from "../helpers/socket.ts";
import { requestCases } from "./contract/request_cases.ts";
import { responseCases, responses } from "./contract/response_cases.ts";

type Site = Served<{ addresses: string[] }>;

/** Sends a request to one of the two. */
type Ask = (address: string) => Promise<string>;

/** Starts both. */
const testOnBoth = shareOnEach(async (runtime, stack) => {
  const [native, worker]: Site[] = await Promise.all(["native", "override"].map((globals) => {
    return serve<Site["ready"]>(bundled(runtime), "tests/http/fixtures/contract.ts", {
      args: [globals],
    });
  }));
  return { native: stack.use(native), worker: stack.use(worker) };
});

/** Registers a test that compares both, for each name. */
function testSame(name: string, asks: Record<string, Ask>): void {
  testOnBoth(`HTTP: ${name}`, async ({ native, worker }, runtime, context) => {
    for (const [step, ask] of Object.entries(asks)) {
      await context.step(step, async () => {
        const [expected] = native.ready.addresses;
        const [actual] = worker.ready.addresses;
        const same = (text: string) => runtime.name === "bun" ? withoutTypes(text) : text;
        assertEquals(same(await ask(actual)), same(await ask(expected)));
      });
    }
  });
}

/**
 * Bun does not give a string and a `Blob` the type of the Fetch standard. The objects of a worker
 * follow the standard.
 */
function withoutTypes(text: string): string {
  return text.replace(/^content-type: .*\n/gm, "")
    .replace(/\["content-type","[^"]*"\]/g, "")
    .replace(/"(?:text|application|multipart)\/[^"]*"/g, '""')
    .replace(/,+/g, ",").replace(/\[,/g, "[").replace(/,\]/g, "]");
}

const FORM = [
  '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1',
  '--x\r\nContent-Disposition: form-data; name="file"; filename="name.txt"',
  "Content-Type: text/plain\r\n\r\ncontent\r\n--x--\r\n",
].join("\r\n");

/** Requests, by what they are. */
const REQUESTS: Record<string, () => RequestInit> = {
  "a POST of JSON": () => ({
    method: "POST",
    body: '{"a":"grüß"}',
    headers: [
      ...[["content-type", "application/json; charset=utf-8"], ["x-b", "2"], ["x-a", "1"]],
      ...[["x-a", "one"], ["cookie", "a=1; b=2"]],
    ],
  }),
  "a GET": () => ({ headers: { "x-a": "1" } }),
  "a POST without a body": () => ({ method: "POST" }),
  "a POST of a form": () => ({ method: "POST", body: new URLSearchParams({ a: "1", b: "ü" }) }),
  "a PUT of a form with a file": () => ({
    method: "PUT",
    body: FORM,
    headers: { "content-type": "multipart/form-data; boundary=x" },
  }),
  "a POST of bytes": () => ({ method: "POST", body: new Uint8Array([0xef, 0xbb, 0xbf, 255]) }),
};

for (const [kind, init] of Object.entries(REQUESTS)) {
  const asks = Object.keys(requestCases).map((name): [string, Ask] => [name, async (address) => {
    const response = await fetch(`${address}/request/${encodeURIComponent(name)}?q=1`, init());
    return await response.text();
  }]);
  testSame(`a worker's Request of ${kind} behaves like a native one`, Object.fromEntries(asks));
}

testSame(
  "a worker's Request has the URL of a native one",
  Object.fromEntries([
    ...[
      "/",
      "/a/../b",
      "/a/./b/.",
      "/%2e%2e/a",
      "/a%20b",
      "/a|b^c`d",
      '/a"b<c>',
      "/a\\b",
      "//a//b",
    ],
    ...["/?a='b'", "/?a|b", "/?", "/a?b?c", "/a;b=c,d", "/.well-known/a", "/[a]", "/{a}", "/%zz"],
    ...["/a?b=/../c", "/a?%2e", "http://other:81/a/../b?c", "http://other", "/~a:b@c!$&()*+"],
  ].map((target) => [target, async (address) => {
    using socket = await Socket.connect(address);
    await socket.send(
      bytesOf(`GET ${target} HTTP/1.1\r\nHost: Name:80\r\nConnection: close\r\n\r\n`),
    );
    return latin1(await socket.receiveAll()).split("\r\n\r\n")[1];
  }])),
);

testSame(
  "a worker's Response behaves like a native one",
  Object.fromEntries([
    ...Object.keys(responses).map((name) => [name, `described/${encodeURIComponent(name)}`]),
    ...Object.keys(responseCases).map((name) => [name, `response/${encodeURIComponent(name)}`]),
  ].map((
    [name, path],
  ) => [name, async (address) => await (await fetch(`${address}/${path}`)).text()])),
);

testSame(
  "a worker's Response is sent like a native one",
  Object.fromEntries(
    Object.keys(responses).map((name) => [name, async (address) => {
      const { pathname } = new URL(`${address}/sent/${encodeURIComponent(name)}`);
      using socket = await Socket.connect(address);
      const head = `GET ${pathname} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
      await socket.send(bytesOf(head));
      const [fields, ...body] = latin1(await socket.receiveAll()).split("\r\n\r\n");
      const lines = fields.split("\r\n").filter((line) => !/^date:/i.test(line)).sort().join("\n");
      // A field that comes twice is the same as one with both values.
      const joined = lines.replace(/^((?!set-cookie)[\w-]+: )(.*)\n\1/gm, "$1$2, ");
      return `${joined}\n\n${body}`.replace(/-{2,}[\w-]+|boundary=\S+/g, "BOUNDARY");
    }]),
  ),
);
