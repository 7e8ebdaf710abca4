// The bare server on Bun: only `Bun.listen`. The argument is its response: "response" (the same one
// for each chunk), "text" or "frame" (each message separately).

import process from "node:process";

interface BunSocket {
  write(bytes: Uint8Array): number;
}

declare const Bun: {
  listen(options: {
    hostname: string;
    port: number;
    socket: { data(socket: BunSocket, chunk: Uint8Array): void };
  }): { port: number };
};

const RESPONSE =
  "HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello!";
const response = new TextEncoder().encode(RESPONSE);
const mode = process.argv[2];

function answerEach(socket: BunSocket, chunk: Uint8Array): void {
  for (let start = 0; start < chunk.length;) {
    const end = mode === "text"
      ? chunk.indexOf(10, start) + 1
      : start + new DataView(chunk.buffer, chunk.byteOffset + start).getUint32(0);
    socket.write(chunk.subarray(start, end));
    if (end <= start) throw new Error("A message came in two chunks");
    start = end;
  }
}

const { port } = Bun.listen({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    data(socket, chunk) {
      if (mode === "response") socket.write(response);
      else answerEach(socket, chunk);
    },
  },
});
console.log(JSON.stringify({ addresses: [`tcp://127.0.0.1:${port}`] }));
process.on("SIGTERM", () => process.exit(0));
