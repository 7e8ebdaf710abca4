/**
 * WebSocket text messages as load, as raw bytes over sockets to keep the client cheap.
 *
 * @module
 */

import { frame, TEXT } from "../../tests/websocket/frames.ts";
import { handshake } from "../../tests/websocket/client.ts";

/** Options of {@linkcode websocketLoad}. */
export interface WebSocketLoadOptions {
  /** How long, in seconds. */
  seconds: number;
  /** How many connections. */
  connections: number;
  /** How many messages are in flight on each. */
  depth: number;
  /** The length of a message, in bytes. */
  size: number;
}

/**
 * Sends messages to an echo server and counts the echoes.
 *
 * @returns The number of echoes.
 * @throws If the last echo differs from the message.
 */
export async function websocketLoad(
  { hostname, port }: { hostname: string; port: number },
  options: WebSocketLoadOptions,
): Promise<number> {
  const { seconds, connections, depth, size } = options;
  const clients = await Promise.all(
    Array.from({ length: connections }, () => openClient(hostname, port)),
  );
  const end = performance.now() + seconds * 1000;
  const counts = await Promise.all(clients.map((client) => echo(client, { depth, size, end })));
  for (const client of clients) client.close();
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Connects and performs the handshake. */
export async function openClient(hostname: string, port: number): Promise<Deno.TcpConn> {
  const conn = await Deno.connect({ hostname, port });
  conn.setNoDelay(true);
  await conn.write(handshake());
  const answer = new Uint8Array(1024);
  let length = 0;
  const decoder = new TextDecoder();
  while (!decoder.decode(answer.subarray(0, length)).endsWith("\r\n\r\n")) {
    const count = await conn.read(answer.subarray(length));
    if (count === null) throw new Error("The server closed the connection in the handshake");
    length += count;
  }
  if (!decoder.decode(answer).startsWith("HTTP/1.1 101 ")) throw new Error("No upgrade");
  return conn;
}

async function echo(
  conn: Deno.TcpConn,
  { depth, size, end }: { depth: number; size: number; end: number },
): Promise<number> {
  const text = "0123456789abcdef".repeat(Math.ceil(size / 16)).slice(0, size);
  const message = frame({ opcode: TEXT, payload: text });
  const batch = new Uint8Array(message.length * depth);
  for (let index = 0; index < depth; index++) batch.set(message, index * message.length);
  const expected = frame({ opcode: TEXT, payload: text, mask: false });
  const answer = new Uint8Array(expected.length * depth);
  let count = 0;
  while (performance.now() < end) {
    for (let at = 0; at < batch.length;) at += await conn.write(batch.subarray(at));
    for (let at = 0; at < answer.length;) {
      const read = await conn.read(answer.subarray(at));
      if (read === null) throw new Error("The server closed the connection");
      at += read;
    }
    count += depth;
  }
  for (let index = 0; index < answer.length; index++) {
    if (answer[index] !== expected[index % expected.length]) throw new Error("No echo");
  }
  return count;
}
