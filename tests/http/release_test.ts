/** The receiver of a body owns it, and releases it even if it is not sent. */

import { assertEquals } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { Socket } from "../helpers/socket.ts";

/** How often each request is made. */
const TIMES = 3;

/** One request. */
interface Case {
  /** The kind of the body: see fixtures/bodies.ts. */
  kind: string;
  /** What happens to it. */
  what: string;
  method?: string;
  /** A header field of the request. */
  field?: string;
}

function casesOf(kind: string): Case[] {
  const cases: Omit<Case, "kind">[] = [
    ...["gone", "second", "closed", "destroyed", "sent", "last", "twice"].map((what) => ({ what })),
    { what: "sent", method: "HEAD" },
    { what: "sent", field: "X-Length: 1" },
    { what: "sent", field: "Accept-Encoding: gzip" },
  ];
  if (kind === "file") cases.push({ what: "kept" });
  if (kind !== "web") cases.push({ what: "bare" });
  for (const status of /^(stream|pieces|node|events)$/.test(kind) ? [204, 304] : []) {
    cases.push({ what: "sent", field: `X-Status: ${status}` });
  }
  return cases.map((rest) => ({ kind, ...rest }));
}

const CASES = ["file", "stream", "text", "pieces", "node", "events", "web"].flatMap(casesOf);

async function isOpen(pid: number, file: string): Promise<boolean> {
  for await (const { name } of Deno.readDir(`/proc/${pid}/fd`)) {
    const target = await Deno.readLink(`/proc/${pid}/fd/${name}`).catch(() => "");
    if (target === file) return true;
  }
  return false;
}

testOnEach("a body that is not sent completely is released", async (runtime) => {
  const file = await Deno.makeTempFile({ suffix: ".txt" });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => Deno.remove(file));
  // More than the system buffers for a client that does not read.
  await Deno.truncate(file, 64 << 20);
  const app = "tests/http/fixtures/bodies.ts";
  const site = stack.use(await serve<{ addresses: string[] }>(runtime, app, { args: [file] }));
  const [address] = site.ready.addresses;
  const state = async (): Promise<{ held: Record<string, number>; waiting: number }> =>
    await (await fetch(`${address}/held`)).json();

  const sockets: Socket[] = [];
  for (const { kind, what, method = "GET", field = "X-None: 0" } of CASES) {
    for (let time = 0; time < TIMES; time++) {
      const socket = await Socket.connect(address);
      sockets.push(socket);
      const name = `${method} /${kind}/${what} ${field}`;
      const fields = `Host: a\r\n${field}\r\nX-Case: ${name}`;
      await socket.send(`${method} /${kind}/${what} HTTP/1.1\r\n${fields}\r\n\r\n`);
    }
  }
  const count = CASES.filter(({ what }) => what === "gone").length * TIMES;
  await until("the requests that wait", async () => (await state()).waiting === count);
  for (const socket of sockets) socket.close();
  assertEquals(await (await fetch(`${address}/go`)).text(), "gone");
  let rest: string[] = [];
  const released = until("no body is held", async () => {
    rest = Object.entries((await state()).held).flatMap(([name, count]) => count !== 0 ? name : []);
    return rest.length === 0 && !await isOpen(site.pid, file);
  });
  await released.catch((error) => {
    throw new Error(`${error.message}: ${rest.join("; ")}`);
  });
});
