// A WebSocket echo for the Autobahn suite (see docs/websocket.md): it accepts messages up to 16 MiB, and
// compression with all parameters for messages of any size.
//
//   deno run -A mod.ts start examples/websocket.ts
//   in a browser: new WebSocket("ws://127.0.0.1:8080").onmessage = …

import { createWebSocket } from "@goer/goer/protocols/websocket";
import type { WebSocketConnection, WebSocketMessage } from "@goer/goer/protocols/websocket";

export default {
  listen: "ws://127.0.0.1:8080",
  protocol: createWebSocket({ compression: { threshold: 0 }, maxMessageSize: 16 * 1024 * 1024 }),
  onMessage(connection: WebSocketConnection, message: WebSocketMessage): void {
    connection.send(message);
  },
};
