/** `connect` through proxies: SOCKS5 and HTTP with CONNECT. */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { connect, Goer, GoerError, text } from "../../mod.ts";
import { makeCertificate, NO_OPENSSL } from "../helpers/certificate.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { Socket } from "../helpers/socket.ts";
import { type ProxyOptions, startProxy } from "./proxies.ts";

const PROTOCOLS = ["socks5", "http"] as const;

/** Connects with these options, and returns the answers or the error. */
type Ask = (options: Record<string, unknown>) => Promise<string[] & { code?: string }>;

async function clientCertificate(ask: Ask, cert: string, key: string): Promise<void> {
  await using strict = await new Goer("text+tls://127.0.0.1:0", {
    onMessage: (connection) => connection.send(`${connection.tls!.peerCertificate!.subject.CN}`),
    protocol: text,
    tls: { cert, key, ca: cert, clientCertificate: "require" },
  }).listen();
  const { address } = strict;
  const trust = { ca: cert };
  assertEquals(await ask({ address, tls: { ...trust, cert, key } }), ["localhost", "localhost"]);
  // The server's alert arrives with the end of the handshake, or a moment later.
  for (let count = 0; count < 20; count++) {
    assertEquals(typeof (await ask({ address, tls: trust })).code, "string");
  }
  // Deno sees it only in the handshake.
  const broken = await ask({ address, tls: { ...trust, cert: "broken", key } });
  assertStringIncludes("GOER_INVALID_ARGUMENT GOER_CONNECT_FAILED", broken.code!);
}

testOnEach("connect goes through proxies", async (runtime, context) => {
  await using certificate = await makeCertificate();
  const key = await Deno.readTextFile(certificate.keyFile);
  const onMessage = (connection: { send(line: string): void }, line: string) => {
    connection.send(line.toUpperCase());
  };
  await using plain = await new Goer("text://127.0.0.1:0", { onMessage }).listen();
  await using secure = await new Goer("text+tls://127.0.0.1:0", {
    onMessage,
    protocol: text,
    tls: { cert: certificate.cert, key },
  }).listen();
  await using served = await serve<string>(runtime, "tests/outgoing/proxy_app.ts");
  using control = await Socket.connect(served.ready);
  const ask = async (options: Record<string, unknown>) => {
    await control.send(`${JSON.stringify(options)}\n`);
    return JSON.parse(await control.line());
  };
  const refused = async (protocol: "socks5" | "http", options: ProxyOptions, limit?: number) => {
    using proxy = startProxy(protocol, options);
    const given = { address: plain.address, connectTimeout: limit };
    const answer = await ask({ ...given, proxy: `${protocol}://a:b@127.0.0.1:${proxy.port}` });
    assertEquals(answer.code, "GOER_CONNECT_FAILED");
    return answer.message;
  };
  const own = () => clientCertificate(ask, certificate.cert, key);
  await context.step("and connect sends its own certificate", own);
  for (const protocol of PROTOCOLS) {
    await context.step(`${protocol}: in plain text, and with a password`, async () => {
      using proxy = startProxy(protocol, { credentials: "us:er:p@ss" });
      const address = `${protocol}://us%3Aer:p%40ss@127.0.0.1:${proxy.port}`;
      const answers = await ask({ address: plain.address, proxy: address });
      assertEquals(answers, ["FIRST", "SECOND"]);
      assertEquals(proxy.targets, [plain.address.slice("text://".length)]);
    });
    await context.step(`${protocol}: with TLS, and the proxy resolves the name`, async () => {
      using proxy = startProxy(protocol);
      const address = secure.address.replace("127.0.0.1", "localhost");
      const answers = await ask({
        address,
        proxy: `${protocol}://127.0.0.1:${proxy.port}`,
        tls: { ca: certificate.cert },
      });
      assertEquals(answers, ["FIRST", "SECOND"]);
      assertStringIncludes(proxy.targets[0], "localhost:");
      // Not the name of the proxy, or localhost, is checked if the name is an address.
      const given = { address, proxy: `${protocol}://localhost:${proxy.port}` };
      const other = await ask({ ...given, tls: { ca: certificate.cert, serverName: "192.0.2.1" } });
      assertEquals(other.code, "GOER_CONNECT_FAILED");
      assertStringIncludes(other.message, "192.0.2.1");
    });
    await context.step(`${protocol}: a proxy that refuses is an error`, async () => {
      const message = await refused(protocol, { refuses: true });
      assertStringIncludes(message, `${plain.address.slice("text://".length)} by way of 127.0.0.1`);
      await refused(protocol, { credentials: "other:password" });
      assertStringIncludes(await refused(protocol, { isSilent: true }, 300), "300 ms");
      assertStringIncludes(await refused(protocol, { ends: true }), "ended the connection");
    });
  }
}, NO_OPENSSL);

Deno.test("an address of a proxy that is not valid is refused, and not quoted", async () => {
  const bad = ["socks4://h:1", "127.0.0.1:1080", "http://h", "http://h:0", "http://a:%zz@h:1"];
  bad.push(`socks5://a:${"z".repeat(256)}@h:1`);
  for (const proxy of bad) {
    const error = await assertRejects(() => connect("tcp://127.0.0.1:1", { proxy }), GoerError);
    assertEquals([error.code, error.option], ["GOER_INVALID_ARGUMENT", "proxy"]);
    assertEquals(error.message.includes("zz"), false);
  }
  const unix = () => connect("unix:///tmp/x.sock", { proxy: "http://127.0.0.1:1" });
  assertEquals((await assertRejects(unix, GoerError)).option, "proxy");
});
