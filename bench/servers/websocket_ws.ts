// The echo of npm's ws, on node:http; with the argument "broadcast" each message goes to all.

import process from "node:process";
// @ts-types="npm:@types/ws@8.18.1"
import { WebSocketServer } from "ws";

const broadcasts = process.argv[2] === "broadcast";
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, backlog: 4096 });
server.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => {
    const message = isBinary ? data : data.toString();
    if (!broadcasts) socket.send(message);
    else for (const client of server.clients) client.send(message);
  });
});
server.on("listening", () => {
  const { port } = server.address() as { port: number };
  console.log(JSON.stringify({ addresses: [`ws://127.0.0.1:${port}`] }));
});
process.on("SIGTERM", () => process.exit(0));
