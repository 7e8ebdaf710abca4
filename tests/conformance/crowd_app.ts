// Greets each client with a line, on separate sockets: TCP, TLS, a Unix socket, and descriptor 3 if
// given. Arguments: a folder, a certificate, its key, and the descriptor. The line "block" blocks
// the process for a while, any other line returns the events so far.

import { readFileSync } from "node:fs";
import process from "node:process";
import { Goer, type Server } from "../../mod.ts";

const [folder, certFile, keyFile, fd] = process.argv.slice(2);
const tls = {
  cert: readFileSync(certFile, "utf8"),
  key: readFileSync(keyFile, "utf8"),
  // Longer than a test runs.
  handshakeTimeout: 60_000,
};

/** The events: connections with both addresses, and the pause after a block. */
const events: string[] = [];

/** How long the process is blocked, in ms. */
const BLOCK = 300;
/** How long after that accepting must continue, in ms. */
const PAUSE = 1000;

function block(): void {
  const end = performance.now() + BLOCK;
  setTimeout(() => events.push("pause"), BLOCK + PAUSE);
  while (performance.now() < end);
}

function make(address: string, options: { tls?: typeof tls; backlog?: number } = {}) {
  const goer = new Goer(address as "text://127.0.0.1:0", { backlog: 77, ...options });
  goer.onConnect = (connection) => {
    events.push(`connect ${connection.remoteAddress} ${connection.localAddress}`);
    connection.send("hello");
  };
  goer.onClose = (connection) => {
    events.push(`close ${connection.remoteAddress} ${connection.localAddress}`);
  };
  goer.onMessage = (connection, line) => {
    if (line === "block") block();
    else connection.send(JSON.stringify(events));
  };
  return goer;
}

const services: Record<string, Server> = {
  tcp: await make("text://127.0.0.1:0").listen() as Server,
  tls: await make("text+tls://127.0.0.1:0", { tls }).listen() as Server,
  unix: await make(`text+unix://${folder}/s`).listen() as Server,
};
if (fd !== undefined) {
  services.fd = await make("text://127.0.0.1:0").listen({ fd: Number(fd) }) as Server;
}
process.on("SIGTERM", async () => {
  await Promise.all(Object.values(services).map((service) => service.close()));
});
console.log(JSON.stringify(Object.fromEntries(
  Object.entries(services).map(([name, { addresses }]) => [name, addresses[0]]),
)));
