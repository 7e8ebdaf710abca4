// `node:http` that responds with "hello".

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";

const server = createServer((_request, response) => {
  response.setHeader("Content-Type", "text/plain; charset=utf-8");
  response.end("hello");
});
server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => {
  const { port } = server.address() as AddressInfo;
  console.log(JSON.stringify({ addresses: [`http://127.0.0.1:${port}`] }));
});
process.on("SIGTERM", () => process.exit(0));
