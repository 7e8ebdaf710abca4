/** TLS with peers that stall, renegotiate, or are proxies: haproxy and nginx. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Authority } from "../helpers/authority.ts";
import { NO_OPENSSL } from "../helpers/certificate.ts";
import { HAPROXY, hostPortOf, NGINX } from "../helpers/fronts.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { Socket } from "../helpers/socket.ts";
import { inTime, until } from "../helpers/wait.ts";
import { freePort } from "../supervisor/app.ts";
import { run } from "../supervisor/processes.ts";

/** How many handshakes stall at the same time. */
const STALLED = 1000;

/** The beginning of a handshake: the header of a record (RFC 8446 section 5.1), and a part of it. */
const BEGINNING = Uint8Array.of(22, 3, 1, 1, 0, 1, 0);

/** A line through openssl: what the service answers. */
async function shake(address: string, input = "hello\\n", ...options: string[]): Promise<string> {
  const words = ["openssl", "s_client", "-connect", hostPortOf(address), ...options].join(" ");
  const { out } = await inTime(run(["sh", "-c", `printf '${input}' | ${words}`]), "openssl");
  return out;
}

async function stall(address: string): Promise<void> {
  const sockets: Socket[] = [];
  try {
    for (let count = 0; count < STALLED; count++) {
      const socket = await Socket.connect(address);
      sockets.push(socket);
      if (count % 2 === 0) await socket.send(BEGINNING);
    }
    assertMatch(await shake(address, "hello\\n", "-quiet"), /"protocol"/);
    // All end at their deadline.
    await Promise.all(sockets.map((socket) => socket.ending()));
  } finally {
    for (const socket of sockets) socket.close();
  }
  assertMatch(await shake(address, "hello\\n", "-quiet"), /"protocol"/);
}

/** openssl begins a new handshake for each line "R". */
async function renegotiate(address: string): Promise<void> {
  const out = await shake(address, "R\\n".repeat(20) + "hello\\n", "-tls1_2");
  assertMatch(out, /CONNECTED/);
  assertMatch(await shake(address, "hello\\n", "-quiet"), /"protocol"/);
}

/** The answer to a line through a proxy. */
function through(port: number): Promise<string> {
  return until("the proxy", async () => {
    try {
      using socket = await Socket.connect(`tcp://127.0.0.1:${port}`);
      await socket.send("hello\n");
      return new TextDecoder().decode(await socket.receiveAll()) || false;
    } catch {
      return false;
    }
  });
}

async function behindHaproxy(address: string, { caFile }: Authority): Promise<void> {
  const port = freePort();
  const configuration = `
listen tls
  bind 127.0.0.1:${port}
  server goer ${
    hostPortOf(address)
  } ssl verify required ca-file ${caFile} sni str(localhost) alpn one
`;
  await HAPROXY.beside(configuration, async () => {
    const { serverName, alpnProtocol } = JSON.parse(await through(port));
    assertEquals([serverName, alpnProtocol], ["localhost", "one"]);
  });
}

async function behindNginx(address: string, { caFile }: Authority): Promise<void> {
  const port = freePort();
  const configuration = `
server {
  listen 127.0.0.1:${port};
  location / {
    proxy_pass https://${hostPortOf(address)};
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_ssl_verify on;
    proxy_ssl_trusted_certificate ${caFile};
    proxy_ssl_name localhost;
    proxy_ssl_server_name on;
  }
}
`;
  await NGINX.beside(configuration, async () => {
    const answer = await until("nginx", async () => {
      const response = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
      return await response?.json();
    });
    assertEquals(answer, { client: "127.0.0.1", protocol: "http", serverName: "localhost" });
  });
}

testOnEach("TLS peers that stall, renegotiate or are proxies", async (runtime, context) => {
  await using authority = await Authority.create();
  const issued = await authority.issue({ names: ["localhost"] });
  await using served = await serve<string>(runtime, "tests/conformance/tls_options_app.ts");
  using control = await Socket.connect(served.ready);
  const listen = async (options: Record<string, unknown>): Promise<string> => {
    await control.send(`${JSON.stringify({ ...issued, alpnProtocols: ["one"], ...options })}\n`);
    return await control.line();
  };
  const address = await listen({ handshakeTimeout: 3000 });
  assert(address.includes("://"), address);
  await context.step("a thousand stalled handshakes delay nobody", () => stall(address));
  await context.step("renegotiation harms only its own connection", () => renegotiate(address));
  const fronts: [name: string, missing: string | undefined, body: () => Promise<void>][] = [
    ["haproxy", HAPROXY.missing, () => behindHaproxy(address, authority)],
    ["nginx", NGINX.missing, async () => behindNginx(await listen({ web: true }), authority)],
  ];
  for (const [name, missing, fn] of fronts) {
    await context.step({
      name: `${name} connects with TLS${missing === undefined ? "" : ` (skipped: ${missing})`}`,
      ignore: missing !== undefined,
      fn,
    });
  }
}, NO_OPENSSL);
