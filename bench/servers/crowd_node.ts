// For comparison with the broadcast of groups, on Node: one process, one loop of writes.

import { type AddressInfo, createServer, type Socket } from "node:net";
import process from "node:process";

const message = new TextEncoder().encode(`${"0123456789abcdef".repeat(4)}\n`);
const all = new Set<Socket>();
const server = createServer({ noDelay: true }, (socket) => {
  all.add(socket);
  socket.on("error", () => socket.destroy());
  socket.on("close", () => all.delete(socket));
  socket.on("data", () => {
    for (const each of all) each.write(message);
  });
});
server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => {
  const { port } = server.address() as AddressInfo;
  console.log(JSON.stringify({ addresses: [`tcp://127.0.0.1:${port}`] }));
});
process.on("SIGTERM", () => process.exit(0));
