// Goer that responds with "hello": over HTTP, with a `fetch` function, or ("raw") with the same
// bytes for each chunk and no protocol, to show the cost of a connection alone.

import process from "node:process";
import { Goer } from "../../mod.ts";

const RESPONSE =
  "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: text/plain; charset=utf-8\r\n" +
  "Content-Length: 5\r\n\r\nhello";
const response = new TextEncoder().encode(RESPONSE);
const mode = process.argv[2];

function listen(): Promise<{ addresses: readonly string[] }> {
  if (mode === "raw") {
    const goer = new Goer("tcp://127.0.0.1:0");
    goer.onMessage = (connection) => connection.send(response);
    return goer.listen();
  }
  const goer = mode === "fetch"
    ? new Goer("http://127.0.0.1:0", { fetch: () => new Response("hello") })
    : new Goer("http://127.0.0.1:0", { onMessage: (connection) => connection.send("hello") });
  return goer.listen();
}

const { addresses } = await listen();
console.log(JSON.stringify({ addresses }));
process.on("SIGTERM", () => process.exit(0));
