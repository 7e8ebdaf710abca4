// Services behind proxies, for clients_test.ts. Each answers with what it knows of its client.

import { readFileSync } from "node:fs";
import process from "node:process";
import {
  connect,
  type Connection,
  Goer,
  type GoerOptions,
  type HttpRequest,
  type Protocol,
  text,
} from "../../mod.ts";
import { createHttp } from "../../protocols/http/mod.ts";

const [folder, certFile, keyFile] = process.argv.slice(2);
const tls = { cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
const proxies = ["127.0.0.1", "10.0.0.0/8", "unix:"];

function known({ remoteAddress, proxyAddress }: Connection<never>, request?: HttpRequest): string {
  const { client, url } = request ?? {};
  return JSON.stringify({ remoteAddress, proxyAddress, client, url });
}

const logged: string[] = [];
const accessLog = { format: "common" as const, write: (line: string) => void logged.push(line) };

const web = new Goer("http://127.0.0.1:0", {
  protocol: createHttp({ accessLog }),
  trustedProxies: proxies,
});
web.onMessage = (connection, request) => {
  connection.send(
    request.path === "/log" ? logged.splice(0).join("\n") : known(connection, request),
  );
};

const local = new Goer(`http+unix://${folder}/web.sock`, { trustedProxies: proxies });
local.onMessage = (connection, request) => connection.send(known(connection, request));

const open = new Goer("http://127.0.0.1:0", { trustedProxies: ["192.0.2.0/24"] });
open.onMessage = (connection, request) => connection.send(known(connection, request));

const app = new Goer("http://127.0.0.1:0", {
  trustedProxies: proxies,
  fetch: (request, { ip, remoteAddr }) => Response.json({ ip, remoteAddr, url: request.url }),
});

const sockets = new Goer("ws://127.0.0.1:0", {
  trustedProxies: proxies,
  onUpgrade: ({ client }, connection) => void (connection.state = client),
  onMessage(connection) {
    connection.send(JSON.stringify([JSON.parse(known(connection)), connection.state]));
  },
});

const events: string[] = [];

/** A service of lines behind proxies, on an address. */
function lines(address: string, options: Partial<GoerOptions<Protocol<string>>> = {}) {
  return new Goer<string, Protocol<string>>(address, {
    protocol: text,
    proxyProtocol: { from: proxies, timeout: 500 },
    ...options,
    onConnect: ({ remoteAddress }) => void events.push(`connect ${remoteAddress}`),
    onError: (_, { code, message }) => void events.push(`${code}: ${message}`),
    onMessage(connection, line) {
      if (line === "events") return connection.send(JSON.stringify(events.splice(0)));
      const { remoteAddress, proxyAddress, proxyHeader } = connection;
      const tlvs = proxyHeader?.tlvs.map(({ type, value }) => [type, ...value]);
      const header = proxyHeader && { ...proxyHeader, tlvs };
      connection.send(JSON.stringify({ line, remoteAddress, proxyAddress, header }));
    },
  });
}

const strangers = { proxyProtocol: { from: ["192.0.2.0/24"] } };
const proxied = {
  plain: lines("tcp://127.0.0.1:0"),
  path: lines(`unix://${folder}/lines.sock`),
  secure: lines("tls://127.0.0.1:0", { tls }),
  stranger: lines("tcp://127.0.0.1:0", strangers),
  secureStranger: lines("tls://127.0.0.1:0", { tls, ...strangers }),
  direct: lines("tcp://127.0.0.1:0", { proxyProtocol: undefined }),
  dual: lines("tcp://[::]:0", { proxyProtocol: undefined }),
};

/** HTTP behind a proxy of connections, which is in front of a proxy of requests. */
const layers = { proxyProtocol: { from: proxies }, trustedProxies: ["192.0.2.1"] };
const proxiedWeb = new Goer("http://127.0.0.1:0", layers);
proxiedWeb.onMessage = web.onMessage;
const secureWeb = new Goer("https://127.0.0.1:0", { ...layers, tls });
secureWeb.onMessage = web.onMessage;

/** Connects to the address in a line, and sends back what that service responds. */
const dialer = new Goer("text://127.0.0.1:0");
dialer.onMessage = async (asker, message) => {
  const { address, proxyHeader } = JSON.parse(message);
  const secure = address.startsWith("tls:");
  const trust = secure ? { ca: tls.cert, serverName: "localhost" } : undefined;
  const connection = await connect(address, { protocol: text, proxyHeader, tls: trust });
  const answer = await connection.request("hello");
  connection.close();
  asker.send(answer);
};

const services = { dialer, ...proxied, proxiedWeb, secureWeb, web, local, open, app, sockets };
const servers = await Promise.all(Object.values(services).map((goer) => goer.listen()));
process.on("SIGTERM", () => Promise.all(servers.map((server) => server.close())));
const addresses = Object.keys(services).map((name, index) => [name, servers[index].address]);
console.log(JSON.stringify(Object.fromEntries(addresses)));
