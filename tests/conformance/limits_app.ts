// Services with limits per client, for limits_test.ts. The service `statistics` has the counters.

import { readFileSync } from "node:fs";
import process from "node:process";
import { type AnyProtocol, Goer, type GoerOptions, text } from "../../mod.ts";

const [certFile, keyFile] = process.argv.slice(2);
const tls = { cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
const proxyProtocol = { from: ["127.0.0.1"] };
const errors: string[] = [];

/** A service that answers with what it gets. */
function echo(address: string, options: GoerOptions<AnyProtocol>): Goer<string, AnyProtocol> {
  return new Goer<string, AnyProtocol>(address, {
    onMessage: (connection, message) => void connection.send(message as never),
    onError: (_, { code }) => void errors.push(code),
    ...options,
  });
}

const lists = { maxConnections: 1, deny: ["192.0.2.0/24"], allow: ["192.0.2.9"] };
const few = { messagesPerSecond: 1, messageBurst: 2 };

const services: Record<string, Goer<string, AnyProtocol>> = {
  two: echo("text://127.0.0.1:0", { clientLimits: { maxConnections: 2 } }),
  rate: echo("text://127.0.0.1:0", {
    clientLimits: { connectionsPerSecond: 1, connectionBurst: 2 },
  }),
  proxied: echo("text://127.0.0.1:0", { proxyProtocol, clientLimits: lists }),
  secure: echo("tls://127.0.0.1:0", { tls, protocol: text, clientLimits: { maxConnections: 1 } }),
  secureProxied: echo("tls://127.0.0.1:0", {
    tls,
    protocol: text,
    proxyProtocol,
    clientLimits: lists,
  }),
  delayed: echo("text://127.0.0.1:0", {
    clientLimits: { messagesPerSecond: 100, messageBurst: 3 },
    maxConcurrentHandlers: 1,
  }),
  closing: echo("text://127.0.0.1:0", { clientLimits: { ...few, action: "close" } }),
  bytes: echo("tcp://127.0.0.1:0", {
    clientLimits: { bytesPerSecond: 1_000_000, byteBurst: 1000 },
  }),
  datagrams: echo("text+udp://127.0.0.1:0", { clientLimits: few }),
  bytesOfDatagrams: echo("udp://127.0.0.1:0", {
    clientLimits: { bytesPerSecond: 10, deny: ["127.0.0.9"] },
  }),
  web: echo("http://127.0.0.1:0", {
    trustedProxies: ["127.0.0.1"],
    clientLimits: { ...few, deny: ["192.0.2.0/24"] },
    fetch: () => new Response("hello"),
    onMessage: undefined,
  }),
  sockets: echo("ws://127.0.0.1:0", {
    clientLimits: { messagesPerSecond: 100, messageBurst: 3 },
  }),
  socketsBehind: echo("ws://127.0.0.1:0", {
    trustedProxies: ["127.0.0.1"],
    clientLimits: { maxConnections: 1, deny: ["192.0.2.0/24"] },
  }),
};

const servers = await Promise.all(Object.values(services).map((goer) => goer.listen()));
const names = Object.keys(services);
const statistics = await new Goer("http://127.0.0.1:0", {
  fetch: ({ url }) => {
    const index = names.indexOf(new URL(url).pathname.slice(1));
    const { size } = servers[index].connections;
    return Response.json({ ...servers[index].statistics, size, errors });
  },
}).listen();
process.on("SIGTERM", () => {
  return Promise.all([...servers, statistics].map((server) => server.close()));
});
const addresses = names.map((name, index) => [name, servers[index].address]);
console.log(
  JSON.stringify({ ...Object.fromEntries(addresses), statistics: statistics.address }),
);
