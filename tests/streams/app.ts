// Services that use their connections as streams, for streams_test.ts.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import process from "node:process";
import { connect, Goer, raw, type Server } from "../../mod.ts";
import { toDuplex } from "../../node.ts";

const [certFile, keyFile] = process.argv.slice(2);
const ca = readFileSync(certFile, "utf8");
const events: string[] = [];

const web = new Goer("tcp://127.0.0.1:0");
web.onConnect = ({ readable, writable }) => {
  readable.pipeTo(writable).then(() => events.push("web well"), (error) => {
    events.push(`web ${error.code}`);
  });
};

const duplex = new Goer("tcp://127.0.0.1:0");
duplex.onConnect = (connection) => {
  const socket = toDuplex(connection);
  socket.on("error", (error) => events.push(`duplex ${(error as { code?: string }).code}`));
  socket.on("close", () => events.push("duplex closed"));
  socket.pipe(socket);
};

const secure = new Goer("tls://127.0.0.1:0", { tls: { certFile, keyFile } });
secure.onConnect = (connection) => {
  const socket = toDuplex(connection);
  socket.on("error", () => {});
  events.push(`encrypted: ${socket.encrypted}`);
  socket.pipe(socket);
};

/** Reads while its handler is pending. */
const handler = new Goer("tcp://127.0.0.1:0");
handler.onConnect = async ({ readable, writable }) => {
  const writer = writable.getWriter();
  for await (const chunk of readable) await writer.write(chunk);
  await writer.close();
};

/** A proxy in front of another service. */
function proxy(service: "duplex" | "middle") {
  const goer = new Goer("tcp://127.0.0.1:0");
  goer.onConnect = async (client) => {
    const server = await connect(addresses[service], { protocol: raw });
    client.pipe(server);
    server.pipe(client);
  };
  return goer;
}

const middle = proxy("duplex");
const chain = proxy("middle");

/** Sends 16 MiB while it receives, ends its side, and returns how much has come back until the end. */
async function exchange(address: string): Promise<number> {
  const tls = address.startsWith("tls:") ? { ca } : undefined;
  const socket = toDuplex(await connect(address, { protocol: raw, tls }));
  let received = 0;
  socket.on("data", (chunk) => void (received += chunk.length));
  const ended = once(socket, "end");
  for (let count = 0; count < 16; count++) {
    if (!socket.write(new Uint8Array(2 ** 20))) await once(socket, "drain");
  }
  socket.end();
  await ended;
  return received;
}

/** Reads nothing until the peer has sent all that it can. */
const lazy = new Goer("tcp://127.0.0.1:0");
lazy.onConnect = (connection) => {
  const socket = toDuplex(connection);
  socket.on("error", () => {});
  const { remoteAddress, remotePort, remoteFamily, encrypted, connecting } = socket;
  events.push(`lazy ${remoteAddress} ${typeof remotePort}`);
  const known = [remoteFamily, encrypted, connecting, socket.ref().unref() === socket];
  events.push(JSON.stringify([...known, socket.address().family, socket.bytesRead]));
  setTimeout(() => {
    events.push(connection.bytesRead < 2 ** 20 ? "held back" : `read ${connection.bytesRead}`);
    socket.pipe(socket);
  }, 300);
};

/** Ends the connection by destroying the stream. */
const destroying = new Goer("tcp://127.0.0.1:0");
destroying.onConnect = (connection) => {
  const socket = toDuplex(connection);
  socket.on("data", () => socket.destroy());
};
destroying.onClose = () => void events.push("destroyed");

const control = new Goer("text://127.0.0.1:0");
control.onMessage = async (connection, line) => {
  const [question, service] = line.split(" ");
  const answer = question === "events" ? events : await exchange(addresses[service]);
  connection.send(JSON.stringify(answer));
};

const services = { web, duplex, secure, handler, middle, chain, lazy, destroying, control };
const servers: [string, Server][] = [];
for (const [name, goer] of Object.entries(services)) {
  servers.push([name, await (goer as typeof web).listen() as Server]);
}
const addresses = Object.fromEntries(servers.map(([name, { address }]) => [name, address]));
process.on("SIGTERM", () => Promise.all(servers.map(([, server]) => server.close())));
console.log(JSON.stringify(addresses));
