// The echo of Bun.serve.

import process from "node:process";

/** The part of Bun that this server uses. */
interface BunServer {
  port: number;
  upgrade(request: Request): boolean;
}
interface BunSocket {
  send(message: string | Uint8Array): number;
}
declare const Bun: {
  serve(options: {
    hostname: string;
    port: number;
    fetch(request: Request, server: BunServer): Response | undefined;
    websocket: { message(socket: BunSocket, message: string | Uint8Array): void };
  }): BunServer;
};

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: (request, server) => server.upgrade(request) ? undefined : new Response("no"),
  websocket: { message: (socket, message) => void socket.send(message) },
});
console.log(JSON.stringify({ addresses: [`ws://127.0.0.1:${server.port}`] }));
process.on("SIGTERM", () => process.exit(0));
