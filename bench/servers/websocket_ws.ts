// The echo of npm's ws, on node:http.

import process from "node:process";
// @ts-types="npm:@types/ws@8.18.1"
import { WebSocketServer } from "ws";

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, backlog: 4096 });
server.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => socket.send(isBinary ? data : data.toString()));
});
server.on("listening", () => {
  const { port } = server.address() as { port: number };
  console.log(JSON.stringify({ addresses: [`ws://127.0.0.1:${port}`] }));
});
process.on("SIGTERM", () => process.exit(0));
