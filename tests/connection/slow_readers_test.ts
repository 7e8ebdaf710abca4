import { assert } from "@std/assert";
import { residentBytes } from "../../bench/helpers/process.ts";
import { makeCertificate, NO_OPENSSL } from "../helpers/certificate.ts";
import { until } from "../helpers/wait.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { Socket } from "../helpers/socket.ts";
import { handshake } from "../websocket/client.ts";

/** The size of the message, in bytes: more than the system takes for a client that does not read. */
const SIZE = 8 << 20;
/** How many clients there are. */
const READERS = 40;
/**
 * How many messages' memory they may use together. Without sharing it would be {@linkcode READERS}.
 */
const COST = 10;

const GET = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

testOnEach("a message queued for many slow readers uses the memory of one", async (runtime) => {
  await using stack = new AsyncDisposableStack();
  const { cert, certFile, keyFile } = stack.use(await makeCertificate());
  const app = "tests/connection/fixtures/readers.ts";
  const args = [certFile, keyFile, String(SIZE)];
  const site = stack.use(await serve<Record<string, string>>(runtime, app, { args }));
  const { control: controlAddress, ...services } = site.ready;
  const control = stack.use(await Socket.connect(controlAddress));

  for (const [name, address] of Object.entries(services)) {
    const { protocol, hostname, port } = new URL(address);
    const connect = async (): Promise<Deno.Conn> => {
      const target = { hostname: hostname || "127.0.0.1", port: Number(port) };
      const conn = name === "tls"
        ? await Deno.connectTls({ ...target, caCerts: [cert] })
        : await Deno.connect(target);
      if (protocol === "http:") await conn.write(GET);
      if (protocol !== "ws:") return conn;
      await conn.write(handshake());
      await conn.read(new Uint8Array(1024));
      return conn;
    };
    const conns = await Promise.all(Array.from({ length: READERS }, connect));
    const requests = protocol === "http:" ? READERS : 0;
    await until(`the readers of ${name}`, async () => {
      await control.send(`count ${name}\n`);
      return await control.line() === `${READERS} ${requests}`;
    });
    const before = await residentBytes(site.pid);
    await control.send(`send ${name}\n`);
    await control.line();
    await Promise.all(conns.map((conn) => conn.read(new Uint8Array(1))));
    const cost = (await residentBytes(site.pid) - before) / SIZE;
    assert(cost < COST, `${name}: ${READERS} readers cost ${cost.toFixed(1)} messages`);
    for (const conn of conns) conn.close();
  }
}, NO_OPENSSL);
