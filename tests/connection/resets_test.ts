import { assertEquals } from "@std/assert";
import { framed } from "../conformance/harness.ts";
import { makeCertificate, NO_OPENSSL } from "../helpers/certificate.ts";
import { until } from "../helpers/wait.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { Socket } from "../helpers/socket.ts";

/** How many peers there are of each service. */
const PEERS = 30;

/** How long they read, in ms. */
const TIME = 300;

/** Requests the message, and reads it in small steps until the connection is closed. */
async function read(conn: Deno.Conn, request: Uint8Array): Promise<void> {
  const chunk = new Uint8Array(65_536);
  try {
    await conn.write(request);
    while (await conn.read(chunk) !== null) await new Promise((resolve) => setTimeout(resolve, 2));
  } catch {
    // It has been closed.
  }
}

testOnEach("peers that reset the connection during a send are noticed", async (runtime) => {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "goer" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const { cert, certFile, keyFile } = stack.use(await makeCertificate());
  const app = "tests/connection/fixtures/resets.ts";
  const args = [folder, certFile, keyFile];
  const site = stack.use(await serve<Record<string, string>>(runtime, app, { args }));

  const connect = (name: string): Promise<Deno.Conn> => {
    if (name === "unix") return Deno.connect({ transport: "unix", path: `${folder}/socket` });
    const { hostname, port } = new URL(site.ready[name].replace(/^.*:\/\//, "http://"));
    const target = { hostname, port: Number(port) };
    return name === "tls" ? Deno.connectTls({ ...target, caCerts: [cert] }) : Deno.connect(target);
  };
  const get = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  // All at the same time, so that resets arrive while the server writes.
  for (const name of ["http", "frame", "tls", "unix"]) {
    const request = name === "http" ? get : framed(new Uint8Array(1));
    const conns = await Promise.all(Array.from({ length: PEERS }, () => connect(name)));
    const reading = conns.map((conn) => read(conn, request));
    await new Promise((resolve) => setTimeout(resolve, TIME));
    // Unread bytes turn the close into a reset.
    for (const conn of conns) conn.close();
    await Promise.all(reading);
  }
  using control = await Socket.connect(site.ready.count);
  let counts = {};
  const gone = until("no connection is left", async () => {
    await control.send("count\n");
    counts = JSON.parse(await control.line());
    return Object.values(counts).every((count) => count === 0);
  });
  await gone.catch(() => {});
  assertEquals(counts, { http: 0, frame: 0, tls: 0, unix: 0 });
}, NO_OPENSSL);
