/** Clients that read steadily, but take many times as long as any time limit of the service. */

import { assertEquals, assertMatch } from "@std/assert";
import { type Certificate, makeCertificate, NO_OPENSSL } from "../helpers/certificate.ts";
import { inTime } from "../helpers/wait.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { latin1 } from "../helpers/session_harness.ts";
import { Socket } from "../helpers/socket.ts";
import { handshake } from "../websocket/client.ts";

/** The size of what is sent, in bytes: several times what the system holds for a connection. */
const SIZE = 16 << 20;
/** How fast a client reads, in bytes per second. */
const RATE = 8 << 20;

async function connect(address: string, { cert }: Certificate): Promise<Deno.Conn> {
  const unix = /^unix:\/\/(.*)$/.exec(address);
  if (unix !== null) return await Deno.connect({ transport: "unix", path: unix[1] });
  const { hostname, port } = new URL(address.replace(/^.*:\/\//, "http://"));
  const target = { hostname, port: Number(port) };
  const isTls = /^(tls|https):/.test(address);
  return isTls ? await Deno.connectTls({ ...target, caCerts: [cert] }) : await Deno.connect(target);
}

/** What a client has read. */
interface Read {
  size: number;
  /** The first and the last bytes. */
  head: string;
  tail: string;
}

/** Reads at {@linkcode RATE} up to the end, or up to `limit` bytes. */
async function readSlowly(conn: Deno.Conn, limit = Infinity): Promise<Read> {
  const chunk = new Uint8Array(65_536);
  const read = { size: 0, head: "", tail: "" };
  const start = performance.now();
  while (read.size < limit) {
    const count = await inTime(conn.read(chunk), "Reading");
    if (count === null) break;
    const bytes = chunk.subarray(0, count);
    if (read.head.length < 512) read.head += latin1(bytes.subarray(0, 512));
    read.tail = (read.tail + latin1(bytes.subarray(-64))).slice(-64);
    read.size += count;
    const ahead = 1000 * read.size / RATE - (performance.now() - start);
    if (ahead > 5) await new Promise((resolve) => setTimeout(resolve, ahead));
  }
  return read;
}

async function readAll(conn: Deno.Conn, request = new Uint8Array()): Promise<Read> {
  using _ = conn;
  if (request.length > 0) await conn.write(request);
  return await readSlowly(conn);
}

function get(path: string, fields = ""): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
}

function sizeOfBody({ size, head }: Read): number {
  return size - head.indexOf("\r\n\r\n") - 4;
}

testOnEach(
  "a client that reads slowly gets everything, however the connection ends",
  async (runtime) => {
    await using stack = new AsyncDisposableStack();
    const folder = await Deno.makeTempDir({ prefix: "goer" });
    stack.defer(() => Deno.remove(folder, { recursive: true }));
    const certificate = stack.use(await makeCertificate());
    const { certFile, keyFile } = certificate;
    const args = [folder, certFile, keyFile, String(SIZE)];
    const app = "tests/connection/fixtures/large.ts";
    const site = stack.use(await serve<Record<string, string>>(runtime, app, { args }));
    const open = (name: string) => connect(site.ready[name], certificate);

    const plain = async (name: string, size = SIZE) => {
      assertEquals([name, (await readAll(await open(name))).size], [name, size]);
    };
    const web = async (name: string, path: string, fields?: string) => {
      const read = await readAll(await open(name), get(path, fields));
      assertEquals([name, path, sizeOfBody(read)], [name, path, SIZE]);
    };
    const streamed = async () => {
      const read = await readAll(await open("http"), get("/stream", "Connection: close\r\n"));
      assertMatch(read.tail, /\r\n0\r\n\r\n$/);
    };
    const kept = async () => {
      using conn = await open("http");
      await conn.write(get("/bytes"));
      const first = await readSlowly(conn, SIZE);
      await conn.write(get("/small", "Connection: close\r\n"));
      const { size, tail } = await readSlowly(conn);
      assertEquals(sizeOfBody({ ...first, size: first.size + size }) > SIZE, true);
      assertMatch(tail, /small$/);
    };
    const websocket = async () => {
      const { size, tail } = await readAll(await open("websocket"), handshake());
      assertEquals(["websocket", size > SIZE, tail.endsWith("\x88\x02\x03\xe8")], [
        "websocket",
        true,
        true,
      ]);
    };
    await Promise.all([
      ...["tcp", "tls", "unix", "idle"].map((name) => plain(name)),
      plain("frame", SIZE + 4),
      ...["/bytes", "/file"].map((path) => web("http", path, "Connection: close\r\n")),
      web("https", "/bytes", "Connection: close\r\n"),
      web("http", "/close"),
      web("http2", "/drain"),
      streamed(),
      kept(),
      websocket(),
    ]);
    using control = await Socket.connect(site.ready.errors);
    await control.send("errors\n");
    const [idle, ...others] = JSON.parse(await control.line());
    assertMatch(idle, /^idle: No byte was received/);
    assertEquals(others, []);
  },
  NO_OPENSSL,
);
