/**
 * Refuses unknown and mistyped options: with a misspelt `origins`, every page could connect.
 *
 * @module
 */

import {
  BOOLEAN,
  checkNestedOptions,
  checkOptions,
  FUNCTION,
  NUMBER,
  OBJECT,
  type OptionType,
  SWITCH,
} from "../../src/option_types.ts";
import { GoerError } from "../../src/errors.ts";
import type { CompressionOptions } from "./extension.ts";
import { areSubprotocols, checkExtraFields } from "./handshake_fields.ts";
import type { WebSocketOptions } from "./options.ts";

const TYPES: Readonly<Record<keyof WebSocketOptions, OptionType>> = {
  closeTimeout: NUMBER,
  compression: SWITCH,
  handshakeTimeout: NUMBER,
  headers: OBJECT,
  maxMessageSize: NUMBER,
  messageTimeout: NUMBER,
  onPong: FUNCTION,
  onUpgrade: FUNCTION,
  origins: ["a string, a list of strings or a function", isOrigins],
  pingInterval: NUMBER,
  pongTimeout: NUMBER,
  subprotocols: ["a list of tokens, each of them once", isSubprotocols],
};

const COMPRESSION_TYPES: Readonly<Record<keyof CompressionOptions, OptionType>> = {
  clientMaxWindowBits: NUMBER,
  clientNoContextTakeover: BOOLEAN,
  level: NUMBER,
  maxInflatedSize: NUMBER,
  maxInflationRatio: NUMBER,
  serverMaxWindowBits: NUMBER,
  serverNoContextTakeover: BOOLEAN,
  threshold: NUMBER,
};

/**
 * Checks the names and types of options.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if an option is unknown or has the wrong type.
 */
export function checkTypes(options: WebSocketOptions): void {
  const set = { of: "createWebSocket" };
  checkOptions(options, { ...set, types: TYPES });
  checkNestedOptions(options, { compression: COMPRESSION_TYPES }, set);
  try {
    checkExtraFields(options.headers);
  } catch (cause) {
    const message = `Invalid option headers: ${(cause as Error).message}`;
    throw new GoerError("GOER_INVALID_ARGUMENT", message, { cause, option: "headers" });
  }
}

function isOrigins(value: unknown): boolean {
  return typeof value === "string" || typeof value === "function" ||
    Array.isArray(value) && value.every((origin) => typeof origin === "string");
}

function isSubprotocols(value: unknown): boolean {
  return Array.isArray(value) && areSubprotocols(value);
}
