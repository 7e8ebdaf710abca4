/**
 * WebSocket as a protocol: `websocket` with default options, `createWebSocket` with others.
 *
 * @module
 */

export { createWebSocket, websocket, type WebSocketProtocol } from "./protocol.ts";
export type {
  WebSocketClose,
  WebSocketConnection,
  WebSocketDetails,
  WebSocketMessage,
  WebSocketOutgoing,
  WebSocketPing,
} from "./connection.ts";
export type {
  UpgradeDecision,
  UpgradeRequest,
  WebSocketHandlers,
  WebSocketOptions,
} from "./options.ts";
export type { CompressionOptions as WebSocketCompressionOptions } from "./extension.ts";
export { WebSocketError } from "./close.ts";
export type { CloseStatus } from "../../src/protocol/connection.ts";
export type { WebSocketUpgradeHandlers } from "./upgrade.ts";
