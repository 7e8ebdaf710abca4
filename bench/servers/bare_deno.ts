// The bare loop on Deno: only `Deno.listen`. The argument is its response: "response" (the same one
// for each chunk), "text" or "frame" (each message separately).

const RESPONSE = new TextEncoder().encode(
  "HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello!",
);
const mode = Deno.args[0];
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 4096 });
const { port } = listener.addr;
console.log(JSON.stringify({ addresses: [`tcp://127.0.0.1:${port}`] }));
Deno.addSignalListener("SIGTERM", () => Deno.exit(0));

async function serve(conn: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(65536);
  try {
    for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
      if (mode === "response") await conn.write(RESPONSE);
      else await answerEach(conn, buffer.subarray(0, count));
    }
    conn.close();
  } catch {
    // The client has disconnected.
  }
}

async function answerEach(conn: Deno.TcpConn, chunk: Uint8Array): Promise<void> {
  for (let start = 0; start < chunk.length;) {
    const end = mode === "text"
      ? chunk.indexOf(10, start) + 1
      : start + new DataView(chunk.buffer, start).getUint32(0);
    await conn.write(chunk.subarray(start, end));
    if (end <= start) throw new Error("A message came in two chunks");
    start = end;
  }
}

for await (const conn of listener) {
  conn.setNoDelay(true);
  void serve(conn);
}
