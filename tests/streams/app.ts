// Services that use their connections as streams, for streams_test.ts.

import process from "node:process";
import { Goer, type Server } from "../../mod.ts";
import { toDuplex } from "../../node.ts";

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

/** Reads nothing until the peer has sent all that it can. */
const lazy = new Goer("tcp://127.0.0.1:0");
lazy.onConnect = (connection) => {
  const socket = toDuplex(connection);
  socket.on("error", () => {});
  events.push(`lazy ${socket.remoteAddress} ${typeof socket.remotePort}`);
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
control.onMessage = (connection) => connection.send(JSON.stringify(events));

const servers: [string, Server][] = [];
for (const [name, goer] of Object.entries({ web, duplex, lazy, destroying, control })) {
  servers.push([name, await (goer as typeof web).listen() as Server]);
}
process.on("SIGTERM", () => Promise.all(servers.map(([, server]) => server.close())));
console.log(JSON.stringify(Object.fromEntries(
  servers.map(([name, { address }]) => [name, address]),
)));
