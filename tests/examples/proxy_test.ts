/** The proxy among the examples, with `nc -N` and with much data in both directions. */

import { assertEquals, assertMatch } from "@std/assert";
import { inTime, until } from "../helpers/wait.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { freePort } from "../supervisor/app.ts";
import { run } from "../supervisor/processes.ts";
import { which } from "../tools.ts";
import { start } from "./start.ts";

const GIBIBYTE = 2 ** 30;

/** How much more memory the proxy may use at its peak than before, in bytes. */
const ROOM = 128 * 2 ** 20;

const NO_NC = await which("nc") === undefined ? "there is no nc" : undefined;

/** A backend in this process, which `serve` talks to. Returns its address. */
function backend(serve: (conn: Deno.TcpConn) => Promise<void>): Deno.TcpListener {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  (async () => {
    for await (const conn of listener) await serve(conn);
  })();
  return listener;
}

/** The address of a listener. */
function addressOf({ addr }: Deno.TcpListener): string {
  return `tcp://127.0.0.1:${addr.port}`;
}

/** Writes `length` bytes, and ends this side. */
async function write(conn: Deno.TcpConn, length: number): Promise<void> {
  const chunk = new Uint8Array(2 ** 20);
  for (let left = length; left > 0;) left -= await conn.write(chunk.subarray(0, left));
  await conn.closeWrite();
}

/** Reads to the end, and returns the number of bytes. */
async function read(conn: Deno.TcpConn): Promise<number> {
  const chunk = new Uint8Array(2 ** 20);
  let length = 0;
  for (let count = await conn.read(chunk); count !== null; count = await conn.read(chunk)) {
    length += count;
  }
  return length;
}

/** Reads text to the end. */
async function readText(conn: Deno.TcpConn): Promise<string> {
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(1024);
  let text = "";
  for (let count = await conn.read(chunk); count !== null; count = await conn.read(chunk)) {
    text += decoder.decode(chunk.subarray(0, count), { stream: true });
  }
  return text;
}

/** A field of `/proc/<pid>/status`, in bytes. */
async function memory(pid: number, field: "VmRSS" | "VmHWM"): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)![1]) * 1024;
}

testOnEach("nc -N gets the answer of a backend that answers after the end", async (runtime) => {
  using listener = backend(async (conn) => {
    const text = (await readText(conn)).replace("\r\n", ": ");
    await conn.write(new TextEncoder().encode(text));
    conn.close();
  });
  const port = freePort();
  const LISTEN = `tcp://127.0.0.1:${port}`;
  const environment = { LISTEN, BACKEND: addressOf(listener), PROXY_HEADER: "1" };
  await using _app = await start(runtime, "proxy", environment);
  const { out } = await run(["sh", "-c", `printf hello | nc -N 127.0.0.1 ${port}`]);
  assertMatch(out, new RegExp(`^PROXY TCP4 127.0.0.1 127.0.0.1 \\d+ ${port}: hello$`));
}, NO_NC);

testOnEach("the proxy moves 1 GiB each way with flat memory", async (runtime) => {
  const received = Promise.withResolvers<number>();
  using listener = backend(async (conn) => {
    const [length] = await Promise.all([read(conn), write(conn, GIBIBYTE)]);
    conn.close();
    received.resolve(length);
  });
  const LISTEN = `tcp://127.0.0.1:${freePort()}`;
  await using app = await start(runtime, "proxy", { LISTEN, BACKEND: addressOf(listener) });
  const [pid] = await app.workers();
  const before = await memory(pid, "VmRSS");
  using conn = await Deno.connect({ port: Number(LISTEN.split(":").at(-1)) });
  const [length] = await Promise.all([read(conn), write(conn, GIBIBYTE)]);
  assertEquals([length, await inTime(received.promise, "The end")], [GIBIBYTE, GIBIBYTE]);
  const more = await memory(pid, "VmHWM") - before;
  assertEquals(more < ROOM, true, `${more} bytes more`);
});

testOnEach("a client is closed when there is no backend", async (runtime) => {
  const LISTEN = `tcp://127.0.0.1:${freePort()}`;
  const BACKEND = `tcp://127.0.0.1:${freePort()}`;
  await using app = await start(runtime, "proxy", { LISTEN, BACKEND });
  using conn = await Deno.connect({ port: Number(LISTEN.split(":").at(-1)) });
  assertEquals(await read(conn), 0);
  await until("the line", async () => (await app.log()).includes("No backend for 127.0.0.1:"));
});
