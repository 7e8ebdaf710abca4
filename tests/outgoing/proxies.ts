/**
 * Small proxies for tests: SOCKS5 (RFC 1928, RFC 1929) and HTTP with CONNECT.
 *
 * @module
 */

/** A proxy in this process. */
export interface TestProxy extends Disposable {
  readonly port: number;
  /** The targets that clients have asked for: `localhost:443`. */
  readonly targets: string[];
}

/** What a proxy demands or does. */
export interface ProxyOptions {
  /** Required as `user:password`. */
  credentials?: string;
  /** Refuses every target. */
  refuses?: boolean;
  /** Accepts, and never answers. */
  isSilent?: boolean;
  /** Ends its side instead of an answer, and does not close. */
  ends?: boolean;
}

/** Reads the beginning of a connection. Returns the target, or undefined if it is refused. */
type Greeting = (conn: Deno.TcpConn, options: ProxyOptions) => Promise<string | undefined>;

async function exactly(conn: Deno.Conn, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count;) {
    const got = await conn.read(bytes.subarray(at));
    if (got === null) throw new Error("ended");
    at += got;
  }
  return bytes;
}

async function greetSocks(conn: Deno.TcpConn, options: ProxyOptions): Promise<string | undefined> {
  const decoder = new TextDecoder();
  const [, methods] = await exactly(conn, 2);
  const offered = await exactly(conn, methods);
  const method = options.credentials === undefined ? 0 : 2;
  if (!offered.includes(method)) return void await conn.write(Uint8Array.of(5, 0xff));
  await conn.write(Uint8Array.of(5, method));
  if (method === 2) {
    const user = decoder.decode(await exactly(conn, (await exactly(conn, 2))[1]));
    const password = decoder.decode(await exactly(conn, (await exactly(conn, 1))[0]));
    const isRight = `${user}:${password}` === options.credentials;
    await conn.write(Uint8Array.of(1, isRight ? 0 : 1));
    if (!isRight) return undefined;
  }
  const [, , , type] = await exactly(conn, 4);
  const host = type === 1
    ? (await exactly(conn, 4)).join(".")
    : decoder.decode(await exactly(conn, (await exactly(conn, 1))[0]));
  const [high, low] = await exactly(conn, 2);
  const status = options.refuses ? 5 : 0;
  await conn.write(Uint8Array.of(5, status, 0, 1, 0, 0, 0, 0, 0, 0));
  return options.refuses ? undefined : `${host}:${high << 8 | low}`;
}

async function greetHttp(conn: Deno.TcpConn, options: ProxyOptions): Promise<string | undefined> {
  let head = "";
  while (!head.endsWith("\r\n\r\n")) head += new TextDecoder().decode(await exactly(conn, 1));
  const target = /^CONNECT (\S+) HTTP\/1.1\r\n/.exec(head)?.[1];
  const { credentials, refuses } = options;
  const isRight = credentials === undefined || head.includes(`Basic ${btoa(credentials)}\r\n`);
  const status = !isRight ? "407 Denied" : refuses ? "502 Bad" : "200 OK";
  await conn.write(new TextEncoder().encode(`HTTP/1.1 ${status}\r\nVia: test\r\n\r\n`));
  return isRight && !refuses ? target : undefined;
}

/** Starts a proxy. */
export function startProxy(protocol: "socks5" | "http", options: ProxyOptions = {}): TestProxy {
  const greet: Greeting = protocol === "http" ? greetHttp : greetSocks;
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const targets: string[] = [];
  const open = new Set<Deno.Conn>();
  const serve = async (conn: Deno.TcpConn) => {
    open.add(conn);
    if (options.isSilent) return;
    if (options.ends) return await conn.closeWrite();
    try {
      const target = await greet(conn, options);
      if (target === undefined) return conn.close();
      targets.push(target);
      const [hostname, port] = target.split(":");
      const backend = await Deno.connect({ hostname, port: Number(port) });
      await Promise.all([
        conn.readable.pipeTo(backend.writable),
        backend.readable.pipeTo(conn.writable),
      ]);
    } catch {
      // The client or the backend has ended the connection.
    }
  };
  (async () => {
    for await (const conn of listener) void serve(conn);
  })();
  return {
    port: listener.addr.port,
    targets,
    [Symbol.dispose]() {
      listener.close();
      for (const conn of open) {
        try {
          conn.close();
        } catch {
          // It is closed.
        }
      }
    },
  };
}
