import { assertEquals, assertMatch } from "@std/assert";
import { type Certificate, makeCertificate, NO_OPENSSL } from "../helpers/certificate.ts";
import { inTime, until } from "../helpers/wait.ts";
import { serve } from "../helpers/serve.ts";
import { shareOnEach } from "../helpers/shared.ts";
import { localAddress, Socket } from "../helpers/socket.ts";
import { pattern } from "./harness.ts";

/** The services of tls_app.ts, and their certificate authority. */
interface Services {
  raw: string;
  lines: string;
  hurried: string;
  certificate: Certificate;
}

/** Registers a test of the app for each runtime. */
const testTls = shareOnEach<Services>(async (runtime, stack) => {
  const certificate = stack.use(await makeCertificate());
  const args = [certificate.certFile, certificate.keyFile];
  const served = stack.use(
    await serve<string[]>(runtime, "tests/conformance/tls_app.ts", { args }),
  );
  const [raw, lines, hurried] = served.ready;
  return { raw, lines, hurried, certificate };
}, NO_OPENSSL);

/** Connects to a service as a client that trusts its certificate. */
async function connect(address: string, { certificate }: Services): Promise<Deno.TlsConn> {
  const { hostname, port } = new URL(address.replace(/^.*:\/\//, "http://"));
  return await Deno.connectTls({ hostname, port: Number(port), caCerts: [certificate.cert] });
}

/** Sends a line and reads one. */
async function ask(conn: Deno.TlsConn, line: string): Promise<string> {
  await conn.write(new TextEncoder().encode(`${line}\n`));
  const buffer = new Uint8Array(4096);
  let text = "";
  while (!text.endsWith("\n")) {
    const count = await inTime(conn.read(buffer), "An answer");
    if (count === null) throw new Error(`The connection ended after ${text}`);
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return text.slice(0, -1);
}

testTls("16 MiB are echoed over TLS to a peer that reads late", async (services) => {
  using conn = await connect(services.raw, services);
  const sent = pattern(16 << 20);
  const writing = (async () => {
    for (let at = 0; at < sent.length;) at += await conn.write(sent.subarray(at, at + 65536));
  })();
  const received = new Uint8Array(sent.length);
  for (let at = 0; at < received.length;) {
    const count = await inTime(conn.read(received.subarray(at)), "Receiving");
    if (count === null) throw new Error(`The connection ended after ${at} bytes`);
    at += count;
  }
  await writing;
  assertEquals(received, sent);
});

testTls("the same handlers work with lines over TLS", async (services) => {
  using conn = await connect(services.lines, services);
  assertEquals(await ask(conn, "hello"), "hello");
});

testTls("a connection over TLS knows its peer's address", async (services) => {
  using conn = await connect(services.lines, services);
  assertEquals(await ask(conn, "address"), localAddress(conn));
});

testTls("the last message before the end of a TLS connection arrives", async (services) => {
  using conn = await connect(services.lines, services);
  assertEquals(await ask(conn, "bye"), "last");
  assertEquals(await inTime(conn.read(new Uint8Array(1)), "The end"), null);
});

testTls("bytes that are not TLS only end their own connection", async (services) => {
  using stranger = await Socket.connect(services.lines);
  await stranger.send("GET / HTTP/1.1\r\n\r\n".repeat(100));
  await stranger.ending();
  using conn = await connect(services.lines, services);
  assertEquals(await ask(conn, "hello"), "hello");
});

testTls("handlers never see a peer that resets during its handshake", async (services) => {
  using witness = await connect(services.lines, services);
  await ask(witness, "forget");
  {
    using stranger = await Socket.connect(services.raw);
    await stranger.send(new Uint8Array([22, 3, 1, 2, 0, 1]));
  }
  let peer: string;
  {
    using conn = await connect(services.raw, services);
    peer = localAddress(conn);
    await conn.write(new Uint8Array(1));
    await conn.read(new Uint8Array(1));
  }
  const seen = async () => {
    const events = await ask(witness, "events");
    return events.includes("close") && events;
  };
  assertEquals(await until("a close", seen), `connect close ${peer}`);
});

testTls("a peer that never finishes its handshake is dropped", async (services) => {
  using silent = await Socket.connect(services.hurried);
  await silent.send(new Uint8Array([22, 3, 1, 2, 0, 1]));
  await silent.ending();
});

testTls("an invalid key is refused, and the address is named", async (services) => {
  using conn = await connect(services.lines, services);
  const answer = await ask(conn, "listen with an invalid key");
  assertMatch(answer, /^GOER_INVALID_ARGUMENT: Cannot use tls\.key of 127\.0\.0\.1:0, in PEM: /);
});

testTls("a key of another certificate is refused, and the address is named", async (services) => {
  using conn = await connect(services.lines, services);
  const answer = await ask(conn, "listen with a key of another certificate");
  assertMatch(answer, /^GOER_INVALID_ARGUMENT: Cannot use tls\.key of .* does not belong to /);
});

testTls("a client that trusts the certificate can connect over TLS", async (services) => {
  using conn = await connect(services.lines, services);
  assertEquals(await ask(conn, "connect with trust"), "trusted");
});

testTls("a client that does not trust the certificate cannot connect", async (services) => {
  using conn = await connect(services.lines, services);
  const answer = await ask(conn, "connect without trust");
  assertMatch(answer, /^GOER_CONNECT_FAILED: Cannot connect to /);
});

testTls(
  "a client that has ended its side gets its reply, and a close_notify",
  async (services) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    const openssl = new Deno.Command("openssl", {
      // In TLS 1.2, alerts can be recognized from outside.
      args: ["s_client", "-connect", `127.0.0.1:${port}`, "-quiet", "-no_ign_eof", "-tls1_2"],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    using client = await listener.accept();
    using server = await Deno.connect({ port: Number(new URL(http(services.lines)).port) });
    const sending = passOn(client, server);
    await new Blob(["later\n"]).stream().pipeTo(openssl.stdin);
    const bytes = await inTime(passOn(server, client), "The end");
    await Promise.all([sending, openssl.status]);
    assertEquals(recordTypes(bytes).slice(-2), [APPLICATION_DATA, ALERT]);
  },
);

/** Forwards bytes, and the end, and returns the bytes. */
async function passOn(from: Deno.TcpConn, to: Deno.TcpConn): Promise<number[]> {
  const bytes: number[] = [];
  const chunk = new Uint8Array(4096);
  try {
    for (let count; (count = await from.read(chunk)) !== null;) {
      bytes.push(...chunk.subarray(0, count));
      await to.write(chunk.subarray(0, count));
    }
    await to.closeWrite();
  } catch {
    // The other side is gone.
  }
  return bytes;
}

/** Types of TLS records (RFC 8446 section 5.1). */
const ALERT = 21;
const APPLICATION_DATA = 23;

/** The types of the records in `bytes`. */
function recordTypes(bytes: number[]): number[] {
  const types: number[] = [];
  for (let at = 0; at < bytes.length; at += 5 + (bytes[at + 3] << 8 | bytes[at + 4])) {
    types.push(bytes[at]);
  }
  return types;
}

/** The address as a URL that can be parsed. */
function http(address: string): string {
  return address.replace(/^.*:\/\//, "http://");
}
