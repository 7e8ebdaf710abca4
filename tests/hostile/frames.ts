/**
 * WebSocket frames in their most expensive forms.
 *
 * @module
 */

import type { Protocol } from "../../src/protocol/protocol.ts";
import { bytesOf } from "../helpers/session_harness.ts";
import type { Grammar } from "./grammars.ts";

/** A frame of a client. */
export function frameOf(
  first: number,
  payload: string,
  key: readonly number[] = [0, 0, 0, 0],
): string {
  const { length } = payload;
  const long = length < 126 ? "" : String.fromCharCode(length >> 8, length & 0xff);
  const masked = Array.from(payload, (character, index) => {
    return String.fromCharCode(character.charCodeAt(0) ^ key[index & 3]);
  });
  return String.fromCharCode(first, 0x80 | (long === "" ? length : 126)) + long +
    String.fromCharCode(...key) + masked.join("");
}

/** A sequence of frames. */
function frames(unit: readonly [first: number, payload: string][], size: number): string {
  let sent = "";
  while (sent.length < size) {
    for (const [first, payload] of unit) sent += frameOf(first, payload);
  }
  return sent;
}

/** An empty uncompressed block. */
export const STORED = "\x00\x00\x00\xff\xff";

const UNITS: Record<string, [first: number, payload: string][]> = {
  "empty texts": [[0x81, ""]],
  "texts of one byte": [[0x81, "a"]],
  "texts of two bytes that are not ASCII": [[0x81, "\xc3\xa4"]],
  "empty bytes": [[0x82, ""]],
  "pings": [[0x89, ""]],
  "pongs": [[0x8a, "a"]],
  "a text and a ping": [[0x81, "a"], [0x89, "a"]],
  "empty compressed texts": [[0xc1, ""]],
  "compressed texts of empty blocks": [[0xc1, STORED]],
  "a text in three parts": [[0x01, "a"], [0x00, ""], [0x80, "a"]],
};

/** One message of many empty parts. */
const PARTS: [first: number, payload: string][] = [[0x00, ""]];

/** The input of a client after its handshake. */
export function withFrames(
  protocol: Protocol<unknown, unknown>,
  upgrade: string,
  piece: number | undefined,
): Grammar[] {
  const head = `GET / HTTP/1.1\r\nHost: a\r\n${upgrade}` +
    "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
  const all = Object.entries(UNITS).map(([name, unit]) => ({
    name: `${name} in pieces of ${piece}`,
    protocol,
    handle: () => {},
    piece,
    input: (size: number) => bytesOf(head + frames(unit, size)),
  }));
  return [...all, {
    ...all[0],
    name: `a text of empty parts in pieces of ${piece}`,
    input: (size) => bytesOf(head + frames([[0x01, ""]], 1) + frames(PARTS, size)),
  }];
}
