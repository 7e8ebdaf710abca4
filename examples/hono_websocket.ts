// A Hono app and a WebSocket on one port.
//
//   deno run -A mod.ts start examples/hono_websocket.ts
//   curl http://127.0.0.1:8080/hello/you
//   in a browser: new WebSocket("ws://127.0.0.1:8080/echo").onmessage = …

import { Goer } from "@goer/goer";
import { fetchHandler, http } from "@goer/goer/protocols/http";
import { createWebSocket } from "@goer/goer/protocols/websocket";
import { Hono } from "hono";
import process from "node:process";

const app = new Hono();
app.get("/hello/:name", (context) => context.text(`hello ${context.req.param("name")}`));

/** Hono answers all requests but those for the WebSocket. */
const hono = fetchHandler(app);
const websocket = createWebSocket();

const address = process.env.ADDRESS ?? "http://127.0.0.1:8080";
const goer = new Goer(address, { protocol: http });

goer.onMessage = (connection, request) => {
  if (request.path !== "/echo") return hono(connection, request);
  return websocket.upgrade(connection, request, {
    onConnect: (socket) => void socket.send("welcome"),
    onMessage: (socket, message) => void socket.send(message),
  });
};

export default goer;
