// Services behind proxies, for clients_test.ts. Each answers with what it knows of its client.

import process from "node:process";
import { type Connection, Goer, type HttpRequest } from "../../mod.ts";
import { createHttp } from "../../protocols/http/mod.ts";

const folder = process.argv[2];
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

const services = { web, local, open, app, sockets };
const servers = await Promise.all(Object.values(services).map((goer) => goer.listen()));
process.on("SIGTERM", () => Promise.all(servers.map((server) => server.close())));
const addresses = Object.keys(services).map((name, index) => [name, servers[index].address]);
console.log(JSON.stringify(Object.fromEntries(addresses)));
