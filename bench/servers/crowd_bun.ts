// For comparison with the broadcast of groups, on Bun: one process, one loop of writes.

import process from "node:process";

interface BunSocket {
  write(bytes: Uint8Array): number;
}

declare const Bun: {
  listen(options: {
    hostname: string;
    port: number;
    socket: {
      open(socket: BunSocket): void;
      data(socket: BunSocket, chunk: Uint8Array): void;
      close(socket: BunSocket): void;
    };
  }): { port: number };
};

const message = new TextEncoder().encode(`${"0123456789abcdef".repeat(4)}\n`);
const all = new Set<BunSocket>();
const { port } = Bun.listen({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    open: (socket) => void all.add(socket),
    data() {
      for (const each of all) each.write(message);
    },
    close: (socket) => void all.delete(socket),
  },
});
console.log(JSON.stringify({ addresses: [`tcp://127.0.0.1:${port}`] }));
process.on("SIGTERM", () => process.exit(0));
