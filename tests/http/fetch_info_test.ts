import { assertEquals, assertRejects } from "@std/assert";
import { Goer, GoerError } from "../../mod.ts";
import type { FetchInfo } from "../../protocols/http/mod.ts";
import { Socket } from "../helpers/socket.ts";
import { until } from "../helpers/wait.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/** Serves one request with `use`, and returns its result. */
async function ask<Value>(use: (info: FetchInfo) => Value, address = "http://127.0.0.1:0") {
  const { promise, resolve } = Promise.withResolvers<Value>();
  const goer = new Goer(address, {
    fetch(_request, info) {
      resolve(use(info));
      return new Response("hello");
    },
  });
  await using service = await goer.listen();
  using socket = await Socket.connect(service.address);
  await socket.send(GET);
  await socket.receive(1);
  return await promise;
}

Deno.test("fetch gets the client's address as Deno.serve gives it", async () => {
  const { ip, remoteAddr } = await ask(({ ip, remoteAddr }) => ({ ip, remoteAddr }));
  assertEquals(ip, "127.0.0.1");
  assertEquals(remoteAddr, { ...remoteAddr, transport: "tcp", hostname: "127.0.0.1" });
});

Deno.test("the address of an IPv6 client has no brackets", async () => {
  assertEquals(await ask(({ ip }) => ip, "http://[::1]:0"), "::1");
});

Deno.test("a client on a Unix socket has no IP address", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const info = await ask(
      ({ ip, remoteAddr }) => ({ ip, remoteAddr }),
      `http+unix://${folder}/x.sock`,
    );
    assertEquals(info, { ip: undefined, remoteAddr: { transport: "unix", path: "" } });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("completed resolves when the response is written", async () => {
  const completed = await ask((info) => ({ promise: info.completed }));
  assertEquals(await completed.promise, undefined);
});

Deno.test("completed rejects if the client disconnects before the response", async () => {
  const asked = Promise.withResolvers<{ completed: Promise<void> }>();
  const goer = new Goer("http://127.0.0.1:0", {
    async fetch({ signal }, { completed }) {
      asked.resolve({ completed });
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return new Response();
    },
  });
  await using service = await goer.listen();
  const socket = await Socket.connect(service.address);
  await socket.send(GET);
  const { completed } = await asked.promise;
  socket.close();
  const { code } = await assertRejects(() => completed, GoerError);
  assertEquals(code, "GOER_CONNECTION");
});

Deno.test("a graceful close waits for the work of waitUntil", async () => {
  const work = Promise.withResolvers<void>();
  const goer = new Goer("http://127.0.0.1:0", {
    fetch(_request, { waitUntil }) {
      waitUntil(work.promise);
      return new Response();
    },
  });
  const service = await goer.listen();
  await (await fetch(service.address, { headers: { connection: "close" } })).body?.cancel();
  await until("no connection", () => Promise.resolve(service.connections.size === 0));
  let isClosed = false;
  const closed = service.close({ graceful: true, timeout: 60_000 }).then(() => isClosed = true);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(isClosed, false);
  work.resolve();
  await closed;
});

Deno.test("a graceful close waits for this work only until its timeout", async () => {
  const goer = new Goer("http://127.0.0.1:0", {
    fetch(_request, info) {
      info.waitUntil(new Promise(() => {}));
      return new Response();
    },
  });
  const service = await goer.listen();
  await (await fetch(service.address, { headers: { connection: "close" } })).body?.cancel();
  await service.close({ graceful: true, timeout: 20 });
});

Deno.test("work that fails is reported, and does not affect its connection", async () => {
  const errors: GoerError[] = [];
  const goer = new Goer("http://127.0.0.1:0", {
    fetch(_request, info) {
      info.waitUntil(Promise.reject(new Error("broken")));
      return new Response("hello");
    },
    onError: (_connection, error) => void errors.push(error),
  });
  await using service = await goer.listen();
  assertEquals(await (await fetch(service.address)).text(), "hello");
  await until("the report", () => Promise.resolve(errors.length > 0));
  assertEquals(errors.map(({ code, cause }) => [code, String(cause)]), [
    ["GOER_HANDLER", "Error: broken"],
  ]);
});
