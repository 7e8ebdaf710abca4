// An echo over WebSocket that takes all that the protocol has: messages up to 16 MiB, compression with
// any parameters and of messages of any size. It is what docs/websocket.md points the Autobahn suite at.
//
//   deno run -A mod.ts start examples/websocket.ts
//   and in a browser: new WebSocket("ws://127.0.0.1:8080").onmessage = …

import { createWebSocket } from "@goer/goer/protocols/websocket";
import type { WebSocketConnection, WebSocketMessage } from "@goer/goer/protocols/websocket";

export default {
  listen: "ws://127.0.0.1:8080",
  protocol: createWebSocket({ compression: { threshold: 0 }, maxMessageSize: 16 * 1024 * 1024 }),
  onMessage(connection: WebSocketConnection, message: WebSocketMessage): void {
    connection.send(message);
  },
};
