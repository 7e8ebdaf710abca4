// An echo over WebSocket that takes all that the protocol has: messages up to 16 MiB, compression with
// any parameters. Conformance suites of others can be pointed at it.
//
//   deno run -A mod.ts start examples/websocket.ts
//   and in a browser: new WebSocket("ws://127.0.0.1:8080").onmessage = …

import { createWebSocket } from "@goer/goer/protocols/websocket";
import type { WebSocketConnection, WebSocketMessage } from "@goer/goer/protocols/websocket";

export default {
  listen: "ws://127.0.0.1:8080",
  protocol: createWebSocket({ compression: true, maxMessageSize: 16 * 1024 * 1024 }),
  onMessage(connection: WebSocketConnection, message: WebSocketMessage): void {
    connection.send(message);
  },
};
