/**
 * The protocols that an address can name, and what their messages are.
 *
 * @module
 */

import { frame } from "../protocols/frame.ts";
import type { HttpOutgoing, HttpRequest } from "../protocols/http/mod.ts";
import type { Connection } from "./protocol/connection.ts";
import type { Protocol } from "./protocol/protocol.ts";
import { raw } from "../protocols/raw.ts";
import { text } from "../protocols/text.ts";
import type { WebSocketConnection, WebSocketProtocol } from "../protocols/websocket/mod.ts";
import type { ProtocolName } from "./address.ts";

/** Any protocol, whatever its messages are. */
export type AnyProtocol = Protocol<unknown, unknown>;

/** What the messages of a protocol are for handlers. */
export type MessageIn<Kind> = Kind extends Protocol<infer In, infer _Out> ? In : never;

/** What {@linkcode Connection.send} takes where a protocol is spoken. */
export type MessageOut<Kind> = Kind extends Protocol<infer _In, infer Out> ? Out : never;

/**
 * The type of connections that speak a protocol.
 *
 * @typeParam Kind The protocol.
 * @typeParam State The type of {@linkcode Connection.state}.
 */
export type ConnectionOf<Kind, State = unknown> = [Kind] extends [WebSocketProtocol]
  ? WebSocketConnection<State>
  : Connection<MessageOut<Kind>, State>;

/** Raw bytes or frames: `send` also takes a string, and sends it in UTF-8. */
export type BytesProtocol = Protocol<Uint8Array, Uint8Array | string>;

/** The protocol that an address names by its scheme: of one known only at run time, any. */
export type ProtocolOf<Address extends string> = string extends Address ? AnyProtocol
  : Address extends `${infer Scheme}://${string}` ? ProtocolOfScheme<Scheme>
  : BytesProtocol;

/** The protocol of a scheme. */
export type ProtocolOfScheme<Scheme extends string> = Scheme extends "text" | `text+${string}`
  ? Protocol<string>
  : Scheme extends "http" | "https" | `http+${string}` ? Protocol<HttpRequest, HttpOutgoing>
  : Scheme extends "ws" | "wss" | "websocket" | `websocket+${string}` ? WebSocketProtocol
  : BytesProtocol;

/** Loads the protocol of that name: what a service does not speak, it does not load. */
export async function loadProtocol(name: ProtocolName): Promise<AnyProtocol> {
  switch (name) {
    case "raw":
      return raw as AnyProtocol;
    case "text":
      return text as AnyProtocol;
    case "frame":
      return frame as AnyProtocol;
    case "http":
      return (await import("../protocols/http/mod.ts")).http as AnyProtocol;
    case "websocket":
      return (await import("../protocols/websocket/mod.ts")).websocket as AnyProtocol;
  }
}
