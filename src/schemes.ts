/**
 * The protocols of addresses, and the types of their messages.
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

/** A protocol with any kind of messages. */
export type AnyProtocol = Protocol<unknown, unknown>;

/** The messages that handlers of a protocol receive. */
export type MessageIn<Kind> = Kind extends Protocol<infer In, infer _Out> ? In : never;

/** The messages that {@linkcode Connection.send} takes for a protocol. */
export type MessageOut<Kind> = Kind extends Protocol<infer _In, infer Out> ? Out : never;

/**
 * The connection type of a protocol.
 *
 * @typeParam Kind The protocol.
 * @typeParam State The type of {@linkcode Connection.state}.
 */
export type ConnectionOf<Kind, State = unknown> = [Kind] extends [WebSocketProtocol]
  ? WebSocketConnection<State>
  : Connection<MessageOut<Kind>, State>;

/** Raw bytes or frames: `send` also accepts a string, and sends it as UTF-8. */
export type BytesProtocol = Protocol<Uint8Array, Uint8Array | string>;

/** The protocol of an address's scheme. If the address is only known at run time: any. */
export type ProtocolOf<Address extends string> = string extends Address ? AnyProtocol
  : Address extends `${infer Scheme}://${string}` ? ProtocolOfScheme<Scheme>
  : BytesProtocol;

/** The protocol of a scheme. */
export type ProtocolOfScheme<Scheme extends string> = Scheme extends "text" | `text+${string}`
  ? Protocol<string>
  : Scheme extends "http" | "https" | `http+${string}` ? Protocol<HttpRequest, HttpOutgoing>
  : Scheme extends "ws" | "wss" | "websocket" | `websocket+${string}` ? WebSocketProtocol
  : BytesProtocol;

/** Loads a protocol by name, so that a service loads only its own. */
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
