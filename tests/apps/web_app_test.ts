import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { Hono } from "hono";
import { type AnyGoer, GoerError, type Limits } from "../../mod.ts";
import { exportsOf, servicesOf } from "../../src/app.ts";
import { RUNTIMES, testInTurn, testOnEach } from "../helpers/runtimes.ts";
import { App, freePort } from "../supervisor/app.ts";

const hello = () => new Response("hello");

/** The service that a module with this default export has. */
function serviceOf(exported: unknown) {
  const [service, ...others] = servicesOf(exported, exportsOf("app.ts"));
  assertEquals(others, []);
  return service;
}

/** Why a default export is refused. */
function refusal(exported: unknown): GoerError {
  return assertThrows(() => servicesOf(exported, exportsOf("app.ts")), GoerError);
}

testOnEach("goer start serves a fetch app at the address of --listen", async (runtime) => {
  await using app = await App.write(
    runtime,
    `class App {
       greeting = "hello";
       listen() {}
       fetch(request) { return new Response(this.greeting + " " + new URL(request.url).pathname); }
     }
     export default new App();`,
  );
  const address = `http://127.0.0.1:${freePort()}`;
  await app.start("--listen", address);
  assertEquals(await (await fetch(`${address}/you`)).text(), "hello /you");
  const { services } = await app.status();
  assertEquals(services.map((service) => service.address), [address]);
});

testInTurn("--listen with a port keeps the host of an app in Bun's format", async (runtime) => {
  await using app = await App.write(
    runtime,
    `export default {
       port: 1, hostname: "127.0.0.1", fetch() { throw new Error("broken"); },
       error: (error) => new Response(error.message, { status: 500 }),
     };`,
  );
  const port = freePort();
  await app.start(`--listen=${port}`);
  assertEquals(await (await fetch(`http://127.0.0.1:${port}`)).text(), "broken");
  await app.ask("reload");
  assertEquals((await fetch(`http://127.0.0.1:${port}`)).status, 500);
});

Deno.test("a Hono app listens on port 8000, only for this machine", () => {
  const app = new Hono();
  assertEquals(serviceOf(app).address, "http://127.0.0.1:8000");
});

Deno.test("a plain object with fetch has the fields of Bun's format", () => {
  const addresses = [
    [{ fetch: hello }, "http://127.0.0.1:8000"],
    [{ fetch: hello, port: 3000 }, "http://127.0.0.1:3000"],
    [{ fetch: hello, port: "3000", hostname: "0.0.0.0" }, "http://0.0.0.0:3000"],
    [{ fetch: hello, port: 0, hostname: "::1" }, "http://[::1]:0"],
    [{ fetch: hello, unix: "/run/app.sock" }, "http+unix:///run/app.sock"],
    [{ fetch: hello, tls: { cert: "…", key: "…" } }, "https://127.0.0.1:8000"],
  ] as const;
  for (const [exported, address] of addresses) assertEquals(serviceOf(exported).address, address);
  const { options } = serviceOf({
    fetch: hello,
    idleTimeout: 30,
    maxRequestBodySize: 5,
    workers: 2,
  });
  const { idleTimeout, maxPacketSize, workers } = options as Limits & { workers?: number };
  assertEquals({ idleTimeout, maxPacketSize, workers }, {
    idleTimeout: 30_000,
    maxPacketSize: 5,
    workers: 2,
  });
});

Deno.test("an unsupported field of Bun's format is refused by name", () => {
  for (const field of ["websocket", "routes", "static", "development", "onListen", "reusePort"]) {
    const { code, option, message } = refusal({ fetch: hello, [field]: {} });
    assertEquals({ code, option }, { code: "GOER_NOT_SUPPORTED", option: field });
    assertMatch(message, new RegExp(`"${field}"`));
  }
});

Deno.test("an invalid field of Bun's format is refused by name", () => {
  const invalid = [
    ["port", 65_536],
    ["port", "http"],
    ["hostname", 1],
    ["idleTimeout", 256],
    ["maxRequestBodySize", "1"],
    ["error", "no"],
    ["tls", true],
    ["prot", 80],
  ] as const;
  for (const [field, value] of invalid) {
    const { code, option } = refusal({ fetch: hello, [field]: value });
    assertEquals({ code, option }, { code: "GOER_INVALID_ARGUMENT", option: field });
  }
  assertMatch(refusal({ fetch: hello, unix: "/x", port: 1 }).message, /no port and no hostname/);
});

Deno.test("a default export of another kind is refused with a list of the valid kinds", () => {
  for (const exported of [1, "app", null, {}, { fetch: 1 }, hello]) {
    const { code, message } = refusal(exported);
    assertEquals(code, "GOER_APP");
    assertMatch(message, /a Goer, an object with an address in listen, an app with a method fetch/);
  }
  assertMatch(refusal(hello).message, /export default \{ fetch: handler \}/);
});

Deno.test("--listen is refused if it would have no effect", async () => {
  const [deno] = RUNTIMES;
  await using app = await App.write(deno, "");
  const refused = async (source: string, listen: string) => {
    await app.rewrite(source);
    const { code, out, error } = await app.command("start", `--listen=${listen}`);
    assertEquals(code, 1);
    return out + error;
  };
  const goer = `import { Goer } from ${JSON.stringify(app.goer)};
    export default new Goer("text://127.0.0.1:0", { onMessage() {} });`;
  assertMatch(await refused(goer, "8080"), /--listen 8080: the app creates its Goer itself/);
  const two = `const fetch = () => new Response(); export default [{ fetch }, { fetch }];`;
  assertMatch(await refused(two, "8080"), /--listen 8080: the app has 2 services/);
  const one = `export default { fetch: () => new Response() };`;
  assertMatch(await refused(one, "nowhere"), /Cannot use the address http:\/\/nowhere/);
  const unix = `export default { unix: "/tmp/x.sock", fetch: () => new Response() };`;
  assertMatch(await refused(unix, "8080"), /Pass a whole address/);
});

Deno.test("fetch may be an app itself", async () => {
  const app = new Hono().get("/", (context) => context.text("hello"));
  const service = serviceOf({ fetch: app, port: 0 }) as AnyGoer;
  await using server = await service.listen();
  assertEquals(await (await fetch(server.address)).text(), "hello");
});
