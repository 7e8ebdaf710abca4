/**
 * The protocols that an address can name, and what their messages are.
 *
 * @module
 */

import { frame } from "../protocols/frame.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { raw } from "../protocols/raw.ts";
import { text } from "../protocols/text.ts";
import type { ProtocolName } from "./address.ts";
import { GoerError } from "./errors.ts";

/** Any protocol, whatever its messages are. */
export type AnyProtocol = Protocol<unknown, unknown>;

/** What the messages of a protocol are for handlers. */
export type MessageIn<Kind> = Kind extends Protocol<infer In, infer _Out> ? In : never;

/** What {@linkcode Connection.send} takes where a protocol is spoken. */
export type MessageOut<Kind> = Kind extends Protocol<infer _In, infer Out> ? Out : never;

/** The protocol that an address names by its scheme. */
export type ProtocolOf<Address extends string> = string extends Address ? Protocol<Uint8Array>
  : Address extends `${infer Scheme}://${string}` ? ProtocolOfScheme<Scheme>
  : Protocol<Uint8Array>;

type ProtocolOfScheme<Scheme extends string> = Scheme extends "text" | `text+${string}`
  ? Protocol<string>
  : Protocol<Uint8Array>;

/** Loads the protocol of that name: what a service does not speak, it does not load. */
export function loadProtocol(name: ProtocolName): Promise<AnyProtocol> {
  switch (name) {
    case "raw":
      return Promise.resolve(raw as AnyProtocol);
    case "text":
      return Promise.resolve(text as AnyProtocol);
    case "frame":
      return Promise.resolve(frame as AnyProtocol);
    default:
      return Promise.reject(
        new GoerError("GOER_NOT_SUPPORTED", `Cannot speak ${name}: this version does not yet`),
      );
  }
}
