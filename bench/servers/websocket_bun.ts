// The echo of Bun.serve; with the argument "broadcast" each message goes to all connections.

import process from "node:process";

/** The part of Bun that this server uses. */
interface BunServer {
  port: number;
  upgrade(request: Request): boolean;
  publish(topic: string, message: string | Uint8Array): number;
}
interface BunSocket {
  send(message: string | Uint8Array): number;
  subscribe(topic: string): void;
}
declare const Bun: {
  serve(options: {
    hostname: string;
    port: number;
    fetch(request: Request, server: BunServer): Response | undefined;
    websocket: {
      open(socket: BunSocket): void;
      message(socket: BunSocket, message: string | Uint8Array): void;
    };
  }): BunServer;
};

const broadcasts = process.argv[2] === "broadcast";
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: (request, server) => server.upgrade(request) ? undefined : new Response("no"),
  websocket: {
    open: (socket) => {
      if (broadcasts) socket.subscribe("all");
    },
    message: broadcasts
      ? (_, message) => void server.publish("all", message)
      : (socket, message) => void socket.send(message),
  },
});
console.log(JSON.stringify({ addresses: [`ws://127.0.0.1:${server.port}`] }));
process.on("SIGTERM", () => process.exit(0));
