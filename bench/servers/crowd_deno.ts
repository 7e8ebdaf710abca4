// For comparison with the broadcast of groups, on Deno: one process, one loop of writes.

const MESSAGE = new TextEncoder().encode(`${"0123456789abcdef".repeat(4)}\n`);
const all = new Set<Deno.TcpConn>();
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 4096 });
console.log(JSON.stringify({ addresses: [`tcp://127.0.0.1:${listener.addr.port}`] }));
Deno.addSignalListener("SIGTERM", () => Deno.exit(0));

async function serve(conn: Deno.TcpConn): Promise<void> {
  all.add(conn);
  const buffer = new Uint8Array(64);
  try {
    while (await conn.read(buffer) !== null) {
      for (const each of all) each.write(MESSAGE).catch(() => {});
    }
    conn.close();
  } catch {
    // The client has disconnected.
  }
  all.delete(conn);
}

for await (const conn of listener) void serve(conn);
