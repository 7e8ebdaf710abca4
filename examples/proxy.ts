// A TCP proxy. It connects each client to the backend, and forwards bytes no faster than the other
// side reads them. When one side ends, the other direction goes on until it ends, too: the client
// gets the answer that arrives after its end. With PROXY_HEADER=1 or 2, the backend learns who the
// client is from a header of the PROXY protocol.
//
//   BACKEND=tcp://127.0.0.1:9000 deno run -A mod.ts start examples/proxy.ts
//   printf 'login lamp\n' | nc -N 127.0.0.1 9002

import { connect, type Connection, Goer, type ProxyHeaderOptions, raw } from "@goer/goer";
import process from "node:process";

const LISTEN = process.env.LISTEN ?? "tcp://127.0.0.1:9002";
const BACKEND = process.env.BACKEND ?? "tcp://127.0.0.1:9000";
const version = Number(process.env.PROXY_HEADER ?? 0);

/** The header for a client. */
function headerFor({ remoteAddress, localAddress }: Connection): ProxyHeaderOptions | undefined {
  if (version !== 1 && version !== 2) return undefined;
  return { version, source: remoteAddress, destination: localAddress };
}

const proxy = new Goer(LISTEN, { name: "proxy", protocol: raw });

// Nothing is read from the client until the promise has settled.
proxy.onConnect = async (client) => {
  try {
    const backend = await connect(BACKEND, { protocol: raw, proxyHeader: headerFor(client) });
    if (!client.open) return backend.close(); // The client has left in the meantime.
    client.pipe(backend);
    backend.pipe(client);
  } catch (error) {
    console.error(`No backend for ${client.remoteAddress}: ${(error as Error).message}`);
    client.close();
  }
};

export default proxy;
