/**
 * Refuses options that do nothing or something else than their names say: a misspelt `origins` would
 * let every page connect.
 *
 * @module
 */

import { typeName } from "../../src/bytes/outgoing.ts";
import { areSubprotocols, checkExtraFields } from "./handshake_fields.ts";
import type { WebSocketOptions } from "./options.ts";

/** What an option has to be, and whether a value is that. */
type OptionType = readonly [expected: string, check: (value: unknown) => boolean];

const NUMBER: OptionType = ["a number", (value) => typeof value === "number"];
const FUNCTION: OptionType = ["a function", (value) => typeof value === "function"];

const TYPES: Readonly<Record<keyof WebSocketOptions, OptionType>> = {
  closeTimeout: NUMBER,
  compression: ["a boolean or an object", (value) => typeof value === "boolean" || isObject(value)],
  handshakeTimeout: NUMBER,
  headers: ["an object", isObject],
  maxMessageSize: NUMBER,
  messageTimeout: NUMBER,
  onPong: FUNCTION,
  onUpgrade: FUNCTION,
  origins: ["a string, a list of strings or a function", isOrigins],
  pingInterval: NUMBER,
  pongTimeout: NUMBER,
  subprotocols: ["a list of tokens, each of them once", isSubprotocols],
};

/**
 * Checks the names and types of options.
 *
 * @throws {TypeError} Where there is no option of a name, or it is of another type.
 */
export function checkTypes(options: WebSocketOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(TYPES, name)) {
      const known = Object.keys(TYPES).join(", ");
      throw new TypeError(`Unknown option of WebSocket: ${name}. There are ${known}`);
    }
    const [expected, check] = TYPES[name as keyof WebSocketOptions];
    if (value === undefined || check(value)) continue;
    throw new TypeError(
      `Cannot use the option: ${name} must be ${expected}, not ${typeName(value)}`,
    );
  }
  checkExtraFields(options.headers);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function isOrigins(value: unknown): boolean {
  return typeof value === "string" || typeof value === "function" ||
    Array.isArray(value) && value.every((origin) => typeof origin === "string");
}

function isSubprotocols(value: unknown): boolean {
  return Array.isArray(value) && areSubprotocols(value);
}
