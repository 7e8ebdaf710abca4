// The bare server on Node: only `node:net`. The argument is its response: "response" (the same one
// for each chunk), "text" or "frame" (each message separately).

import { type AddressInfo, createServer, type Socket } from "node:net";
import process from "node:process";

const RESPONSE =
  "HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello!";
const response = new TextEncoder().encode(RESPONSE);
const mode = process.argv[2];

function answerEach(socket: Socket, chunk: Uint8Array): void {
  for (let start = 0; start < chunk.length;) {
    const end = mode === "text"
      ? chunk.indexOf(10, start) + 1
      : start + new DataView(chunk.buffer, chunk.byteOffset + start).getUint32(0);
    socket.write(chunk.subarray(start, end));
    if (end <= start) throw new Error("A message came in two chunks");
    start = end;
  }
}

const server = createServer({ noDelay: true }, (socket) => {
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    if (mode === "response") socket.write(response);
    else answerEach(socket, chunk as Uint8Array);
  });
});
server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => {
  const { port } = server.address() as AddressInfo;
  console.log(JSON.stringify({ addresses: [`tcp://127.0.0.1:${port}`] }));
});
process.on("SIGTERM", () => process.exit(0));
