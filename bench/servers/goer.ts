// Goer with the same task as the bare servers. The argument is its response: "response" (the same
// one for each chunk), "text" or "frame" (each message), "greet" (one byte to each client).

import process from "node:process";
import { Goer } from "../../mod.ts";
import { frame, text } from "../../protocols/mod.ts";

const RESPONSE = new TextEncoder().encode(
  "HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello!",
);
const GREETING = new TextEncoder().encode("!");
const ADDRESS = "tcp://127.0.0.1:0";

/** Creates the service for a mode. */
function serviceFor(mode: string): { listen(): Promise<{ addresses: readonly string[] }> } {
  switch (mode) {
    case "text":
      return new Goer(ADDRESS, {
        protocol: text,
        onMessage: (connection, line) => void connection.send(line),
      });
    case "frame":
      return new Goer(ADDRESS, {
        protocol: frame,
        onMessage: (connection, payload) => void connection.send(payload),
      });
    case "greet":
      return new Goer(ADDRESS, { onConnect: (connection) => void connection.send(GREETING) });
    default:
      return new Goer(ADDRESS, { onMessage: (connection) => void connection.send(RESPONSE) });
  }
}

const { addresses } = await serviceFor(process.argv[2]).listen();
console.log(JSON.stringify({ addresses }));
process.on("SIGTERM", () => process.exit(0));
