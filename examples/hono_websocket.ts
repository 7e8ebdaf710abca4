// A Hono app with a WebSocket route.
//
//   deno run -A mod.ts start examples/hono_websocket.ts --listen 8080
//   curl http://127.0.0.1:8080/hello/you
//   in a browser: new WebSocket("ws://127.0.0.1:8080/echo").onmessage = …

import { upgradeWebSocket } from "@goer/goer/hono";
import { Hono } from "hono";

const app = new Hono();
app.get("/hello/:name", (context) => context.text(`hello ${context.req.param("name")}`));

app.get(
  "/echo",
  upgradeWebSocket(() => ({
    onOpen: (_event, socket) => socket.send("welcome"),
    onMessage: (event, socket) => socket.send(event.data),
  })),
);

export default app;
