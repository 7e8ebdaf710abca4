// Services with deadlines, which pass while the process is blocked or stopped. A line to the last
// one blocks the process for this many ms, or sets its date back by an hour.

import { readFileSync } from "node:fs";
import process from "node:process";
import { Goer, type Server } from "../../mod.ts";
import { createHttp } from "../../protocols/http/mod.ts";
import { createWebSocket } from "../../protocols/websocket/mod.ts";

const [certFile, keyFile, deadline] = process.argv.slice(2);
const limit = Number(deadline);
const tls = {
  cert: readFileSync(certFile, "utf8"),
  key: readFileSync(keyFile, "utf8"),
  handshakeTimeout: limit,
};

const web = { headerTimeout: limit, bodyTimeout: limit, keepAliveTimeout: limit };
const http = new Goer("tcp://127.0.0.1:0", { protocol: createHttp(web) });
http.onMessage = async (connection, request) => {
  connection.send(await request.text() || request.path);
};
const webSocket = new Goer("tcp://127.0.0.1:0", {
  protocol: createWebSocket({ pingInterval: 200, pongTimeout: limit }),
});
webSocket.onMessage = (connection, message) => connection.send(message);
const secure = new Goer("text+tls://127.0.0.1:0", { tls });
secure.onMessage = (connection, line) => connection.send(line);
const idle = new Goer("text://127.0.0.1:0", { idleTimeout: limit });
idle.onMessage = (connection, line) => connection.send(line);

const control = new Goer("text://127.0.0.1:0");
control.onMessage = (connection, line) => {
  if (line === "set back") {
    const { now } = Date;
    Date.now = () => now() - 3_600_000;
  } else {
    const end = performance.now() + Number(line);
    while (performance.now() < end);
  }
  connection.send("done");
};

const services = await Promise.all(
  [http, webSocket, secure, idle, control].map((goer) => goer.listen() as Promise<unknown>),
) as Server[];
process.on("SIGTERM", () => Promise.all(services.map((service) => service.close())));
console.log(JSON.stringify(services.map(({ addresses }) => addresses[0])));
