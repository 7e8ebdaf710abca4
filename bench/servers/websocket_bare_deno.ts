// The bare loop on Deno: `Deno.listen`, and only an echo of WebSocket frames of at most 125 bytes,
// with a read and a write for each: the minimum cost of a server in JavaScript on Deno's sockets.

import { createHash } from "node:crypto";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 4096 });
const { port } = listener.addr;
console.log(JSON.stringify({ addresses: [`ws://127.0.0.1:${port}`] }));
Deno.addSignalListener("SIGTERM", () => Deno.exit(0));

async function serve(conn: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(1024);
  try {
    await shakeHands(conn, buffer);
    for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
      await conn.write(buffer.subarray(0, echo(buffer, count)));
    }
    conn.close();
  } catch {
    // The client has disconnected.
  }
}

async function shakeHands(conn: Deno.TcpConn, buffer: Uint8Array): Promise<void> {
  const count = await conn.read(buffer) ?? 0;
  const request = new TextDecoder().decode(buffer.subarray(0, count));
  const key = /sec-websocket-key: (\S+)/i.exec(request)![1];
  const accept = createHash("sha1").update(key + GUID).digest("base64");
  const answer =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${accept}\r\n\r\n`;
  await conn.write(new TextEncoder().encode(answer));
}

/** Converts masked frames to unmasked ones in place, and returns their length. */
function echo(buffer: Uint8Array, count: number): number {
  let end = 0;
  for (let start = 0; start < count;) {
    const length = buffer[start + 1] & 0x7f;
    const payload = start + 6;
    const key = buffer.slice(start + 2, payload);
    buffer[end++] = buffer[start];
    buffer[end++] = length;
    for (let at = 0; at < length; at++) buffer[end++] = buffer[payload + at] ^ key[at & 3];
    start = payload + length;
  }
  return end;
}

for await (const conn of listener) {
  conn.setNoDelay(true);
  void serve(conn);
}
