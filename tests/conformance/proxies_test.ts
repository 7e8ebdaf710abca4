import { assertEquals } from "@std/assert";
import { tlv, V1, v2 } from "../clients/proxy_headers.ts";
import { HAPROXY, hostPortOf } from "../helpers/fronts.ts";
import { localAddress, Socket } from "../helpers/socket.ts";
import { freePort } from "../supervisor/app.ts";
import { until } from "../helpers/wait.ts";
import { which } from "../tools.ts";
import { type Services, shareClients } from "./clients_harness.ts";

const testClients = shareClients();

const NO_CURL = await which("curl") === undefined ? "there is no curl" : undefined;

const HEADER = { version: 1, command: "proxy", source: "192.0.2.1:4711" };

/** What a line of a service says. */
async function answer(socket: Socket, line = "hello"): Promise<Record<string, unknown>> {
  await socket.send(`${line}\n`);
  return JSON.parse(await socket.line());
}

/** Connects to a service with TLS, after sending `before` in plain text. */
async function secured(address: string, { cert }: Services, before: Uint8Array | string) {
  const conn = await Deno.connect({ port: Number(hostPortOf(address).split(":")[1]) });
  const bytes = typeof before === "string" ? new TextEncoder().encode(before) : before;
  if (bytes.length > 0) await conn.write(bytes);
  const peer = localAddress(conn);
  return {
    peer,
    tls: await Deno.startTls(conn, { hostname: "localhost", caCerts: [cert] }),
  };
}

/** The answer of a service with TLS. */
async function secureAnswer(conn: Deno.TlsConn): Promise<Record<string, unknown>> {
  await conn.write(new TextEncoder().encode("hello\n"));
  const chunk = new Uint8Array(2048);
  const count = await conn.read(chunk);
  return JSON.parse(new TextDecoder().decode(chunk.subarray(0, count ?? 0)));
}

testClients("a connection has the client of its PROXY header", async (services) => {
  for (const header of [V1, v2({ rest: tlv(2, 97) })]) {
    using socket = await Socket.connect(services.plain);
    await socket.send(header);
    const { remoteAddress, proxyAddress, header: seen, line } = await answer(socket);
    const { source, tlvs } = seen as { source: string; tlvs: number[][] };
    assertEquals([remoteAddress, proxyAddress, source], [
      HEADER.source,
      socket.localAddress,
      HEADER.source,
    ]);
    assertEquals([line, tlvs], ["hello", header === V1 ? [] : [[2, 97]]]);
  }
});

testClients(
  "a PROXY header may come in any pieces, with or without more bytes",
  async (services) => {
    for (const header of [new TextEncoder().encode(V1), v2()]) {
      const bytes = new Uint8Array([...header, ...new TextEncoder().encode("hello\n")]);
      for (let at = 1; at < bytes.length; at += 3) {
        using socket = await Socket.connect(services.plain);
        await socket.send(bytes.subarray(0, at));
        await new Promise((resolve) => setTimeout(resolve, 1));
        await socket.send(bytes.subarray(at));
        const { remoteAddress, line } = JSON.parse(await socket.line());
        assertEquals([at, remoteAddress, line], [at, HEADER.source, "hello"]);
      }
    }
  },
);

testClients("an IPv4 client has an IPv4 address on a socket for both kinds", async (services) => {
  using socket = await Socket.connect(services.dual.replace("[::]", "127.0.0.1"));
  assertEquals((await answer(socket)).remoteAddress, socket.localAddress);
});

testClients("a proxy on a Unix socket may send a PROXY header", async (services) => {
  using socket = await Socket.connect(services.path);
  await socket.send(v2({ addresses: "ipv6" }));
  const { remoteAddress, proxyAddress } = await answer(socket);
  assertEquals([remoteAddress, proxyAddress], ["[2001:db8::1]:4711", "unix:"]);
});

testClients("a proxy that does not know its client stands for it", async (services) => {
  for (const header of ["PROXY UNKNOWN\r\n", v2({ command: 0x20 }), v2({ addresses: "none" })]) {
    using socket = await Socket.connect(services.plain);
    await socket.send(header);
    const { remoteAddress, proxyAddress } = await answer(socket);
    assertEquals([remoteAddress, proxyAddress], [socket.localAddress, undefined]);
  }
});

testClients("a PROXY header is read before the handshake of TLS", async (services) => {
  for (const header of [V1, v2({ rest: tlv(2, 97) })]) {
    const { tls, peer } = await secured(services.secure, services, header);
    using conn = tls;
    const { remoteAddress, proxyAddress, header: seen } = await secureAnswer(conn);
    assertEquals([remoteAddress, proxyAddress], [HEADER.source, peer]);
    assertEquals((seen as { tlvs: unknown[] }).tlvs.length, header === V1 ? 0 : 1);
  }
});

testClients("a proxy that sends no valid header in time is disconnected", async (services) => {
  const bad = ["", "hello\n", "PROXY TCP4 1 2 3 4\r\n", V1.slice(0, 20), v2({ length: 3 })];
  for (const service of ["plain", "secure", "path"]) {
    for (const sent of bad) {
      using socket = await Socket.connect(services[service]);
      await socket.send(sent);
      await socket.ending();
    }
  }
  using ended = await Socket.connect(services.plain);
  await ended.send(V1.slice(0, 20));
  await ended.end();
  await ended.ending();
  using witness = await Socket.connect(services.direct);
  await witness.send("events\n");
  const events: string[] = JSON.parse(await witness.line());
  // The handlers of a service see no such connection, but onError learns the reason.
  assertEquals(events.filter((event) => !event.startsWith("GOER_PROTOCOL: ")), [
    `connect ${witness.localAddress}`,
  ]);
  assertEquals(events.length, 2 * bad.length + 2);
});

testClients("connect sends a PROXY header, before the handshake of TLS", async (services) => {
  const ends = { source: "[2001:db8::1]:4711", destination: "[2001:db8::7]:443" };
  using socket = await Socket.connect(services.dialer);
  for (const service of ["plain", "path", "secure"]) {
    for (const version of [1, 2]) {
      const request = { address: services[service], proxyHeader: { version, ...ends } };
      const { remoteAddress, header, line } = await answer(socket, JSON.stringify(request));
      const { tlvs: _, ...seen } = header as Record<string, unknown>;
      assertEquals(seen, { version, command: "proxy", ...ends });
      assertEquals([remoteAddress, line], [ends.source, "hello"]);
    }
  }
});

testClients("a PROXY header from a stranger ends the connection", async (services) => {
  for (const header of [V1, v2()]) {
    for (const service of ["stranger", "secureStranger"]) {
      using socket = await Socket.connect(services[service]);
      await socket.send(header);
      await socket.ending();
    }
  }
});

testClients("a stranger without a PROXY header is served", async (services) => {
  using socket = await Socket.connect(services.stranger);
  // These bytes could be the beginning of a header.
  await socket.send("PRO");
  await new Promise((resolve) => setTimeout(resolve, 10));
  const { remoteAddress, proxyAddress, line } = await answer(socket, "GRAM");
  assertEquals([remoteAddress, proxyAddress, line], [
    socket.localAddress,
    undefined,
    "PROGRAM",
  ]);
  const { tls } = await secured(services.secureStranger, services, "");
  using conn = tls;
  assertEquals((await secureAnswer(conn)).line, "hello");
});

testClients("a header is read in HTTP and HTTPS, as curl sends it", async (services) => {
  for (const service of ["proxiedWeb", "secureWeb"]) {
    const { stdout, stderr } = await new Deno.Command("curl", {
      args: [
        ...["-sS", "--haproxy-protocol", "--cacert", services.certFile, "--noproxy", "*"],
        `${services[service]}/a`,
      ],
    }).output();
    assertEquals(new TextDecoder().decode(stderr), "");
    const { client, proxyAddress } = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals([client.address, typeof proxyAddress], ["127.0.0.1", "string"]);
  }
}, NO_CURL);

testClients("the client of a PROXY header may be a trusted proxy itself", async (services) => {
  using socket = await Socket.connect(services.proxiedWeb);
  await socket.send(`${V1}GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 198.51.100.7\r\n\r\n`);
  while ((await socket.line()).trim() !== "");
  const body = await socket.text(2);
  assertEquals(body, '{"');
  const rest = await socket.text(40);
  assertEquals(rest.startsWith('remoteAddress":"198.51.100.7:0"'), true, rest);
});

testClients("HTTP in plain text gets a 400 on a port with TLS", async (services) => {
  using socket = await Socket.connect(services.secureWeb);
  await socket.send(`${V1}GET / HTTP/1.1\r\nHost: a\r\n\r\n`);
  assertEquals((await socket.line()).trim(), "HTTP/1.1 400 Bad Request");
  using other = await Socket.connect(services.secure);
  await other.send(`${V1}GET / HTTP/1.1\r\nHost: a\r\n\r\n`);
  await other.ending();
});

testClients("haproxy passes on its clients with PROXY headers", async (services) => {
  const [first, second, third] = [freePort(), freePort(), freePort()];
  const target = hostPortOf(services.plain);
  const configuration = `
listen one
  bind 127.0.0.1:${first}
  server goer ${target} send-proxy
listen two
  bind 127.0.0.1:${second}
  server goer ${target} send-proxy-v2 proxy-v2-options unique-id,crc32c
  unique-id-format abc
listen three
  bind 127.0.0.1:${third} accept-proxy
  server goer ${target} send-proxy
`;
  await HAPROXY.beside(configuration, async () => {
    for (const [version, at] of [[1, first], [2, second]]) {
      using socket = await until(
        "haproxy",
        () => Socket.connect(`tcp://127.0.0.1:${at}`).catch(() => false as const),
      );
      const { remoteAddress, header } = await answer(socket);
      assertEquals(remoteAddress, socket.localAddress);
      assertEquals((header as { version: number }).version, version);
    }
    // haproxy accepts the headers that connect sends.
    using dialer = await Socket.connect(services.dialer);
    for (const version of [1, 2]) {
      const ends = { source: "198.51.100.7:4711", destination: "198.51.100.8:443" };
      const address = `tcp://127.0.0.1:${third}`;
      const request = { address, proxyHeader: { version, ...ends } };
      const { remoteAddress } = await answer(dialer, JSON.stringify(request));
      assertEquals(remoteAddress, ends.source);
    }
  });
}, HAPROXY.missing);
