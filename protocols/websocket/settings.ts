/**
 * The options of a WebSocket service, checked, with their defaults.
 *
 * @module
 */

import { type Bounds, checkNumbers, MAX_DELAY } from "../../src/numbers.ts";
import type { CompressionOptions } from "./extension.ts";
import { checkTypes } from "./option_types.ts";
import type { WebSocketOptions } from "./options.ts";

/** {@linkcode WebSocketOptions} with their defaults. */
export interface WebSocketSettings extends Omit<WebSocketOptions, "compression"> {
  pingInterval: number;
  pongTimeout: number;
  messageTimeout: number;
  closeTimeout: number;
  handshakeTimeout: number;
  subprotocols: readonly string[];
  /** Undefined if compression is off. */
  compression: CompressionOptions | undefined;
}

/**
 * Checks options and fills in defaults.
 *
 * @param options The application's options.
 * @returns The settings.
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if an option is unknown or not valid.
 */
export function webSocketSettings(options: WebSocketOptions): WebSocketSettings {
  checkTypes(options);
  const compression = options.compression === true ? {} : options.compression || undefined;
  const settings: WebSocketSettings = {
    ...options,
    pingInterval: options.pingInterval ?? 30_000,
    pongTimeout: options.pongTimeout ?? 10_000,
    messageTimeout: options.messageTimeout ?? 300_000,
    closeTimeout: options.closeTimeout ?? 2_000,
    handshakeTimeout: options.handshakeTimeout ?? 10_000,
    subprotocols: options.subprotocols ?? [],
    compression,
  };
  checkNumbers(options, BOUNDS);
  if (compression !== undefined) {
    checkNumbers(compression, COMPRESSION_BOUNDS, "compression.");
  }
  return settings;
}

const BOUNDS: Readonly<Record<string, Bounds>> = {
  maxMessageSize: [1, Number.MAX_SAFE_INTEGER],
  pingInterval: [0, MAX_DELAY],
  pongTimeout: [1, MAX_DELAY],
  messageTimeout: [1, MAX_DELAY],
  closeTimeout: [1, MAX_DELAY],
  handshakeTimeout: [1, MAX_DELAY],
};

const COMPRESSION_BOUNDS: Readonly<Record<string, Bounds>> = {
  threshold: [0, Number.MAX_SAFE_INTEGER],
  level: [1, 9],
  serverMaxWindowBits: [8, 15],
  clientMaxWindowBits: [8, 15],
  maxInflatedSize: [1, Number.MAX_SAFE_INTEGER],
  maxInflationRatio: [1, Number.MAX_SAFE_INTEGER],
};
