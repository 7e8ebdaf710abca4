/**
 * WebSocket as a protocol: `websocket` as it is, `createWebSocket` with other options.
 *
 * @module
 */

export { createWebSocket, websocket, type WebSocketProtocol } from "./protocol.ts";
export type {
  UpgradeDecision,
  UpgradeRequest,
  WebSocketClose,
  WebSocketConnection,
  WebSocketMessage,
  WebSocketOptions,
  WebSocketOutgoing,
  WebSocketPing,
} from "./options.ts";
export type { CompressionOptions as WebSocketCompressionOptions } from "./extension.ts";
export { type CloseStatus, WebSocketError } from "./close.ts";
export type { WebSocketDetails } from "./upgrade.ts";
