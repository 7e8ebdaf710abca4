/**
 * Outgoing connections by `node:net` and `node:tls`, on all runtimes.
 *
 * @module
 */

import * as net from "node:net";
import process from "node:process";
import type { ConnectionOptions } from "node:tls";
import { GoerError } from "../../errors.ts";
import { connectError } from "../errors.ts";
import type { ConnectOptions, InetEndpoint, StreamSocket } from "../runtime.ts";
import { formatEndpoint, systemPath } from "../sockets/endpoint.ts";
import { NodeSocket } from "./node_net.ts";
import { readChunks, type Reading } from "./node_reading.ts";

/**
 * Connects with `node:net` or `node:tls` on each runtime, because making a connection takes longer
 * than another API could save.
 *
 * @param readSecure How to read with TLS.
 */
export function connectNode(
  options: ConnectOptions,
  readSecure: Reading = readChunks,
): Promise<StreamSocket> {
  const { endpoint, signal } = options;
  const unixPath = "path" in endpoint ? endpoint.path : undefined;
  return new Promise((resolve, reject) => {
    let socket = createConnection(options);
    const abort = () => give(signal.reason);
    const give = (cause: unknown) => {
      // Deno keeps a process alive while something listens to a timeout signal.
      signal.removeEventListener("abort", abort);
      socket.destroy();
      reject(connectError(cause, formatEndpoint(endpoint)));
    };
    socket.once("error", give);
    signal.addEventListener("abort", abort);
    const finish = () => {
      signal.removeEventListener("abort", abort);
      socket.off("error", give);
      const read = options.tls === undefined ? readChunks : readSecure;
      const connected = new NodeSocket(socket, unixPath, read);
      // Before it is started, the peer may break it: by an alert right after the handshake.
      socket.on("error", (error) => connected.failed(error));
      resolve(connected);
    };
    if (!needsSocket(options)) {
      return void socket.once(options.tls === undefined ? "connect" : "secureConnect", finish);
    }
    socket.once("connect", () => {
      openUp(socket, options).then((opened) => {
        if (signal.aborted) return opened.destroy();
        socket = opened;
        if (options.tls === undefined) return finish();
        socket.once("error", give);
        socket.once("secureConnect", finish);
      }, give);
    });
  });
}

/** True if something happens on the socket before TLS or the protocol. */
function needsSocket({ proxy, preface }: ConnectOptions): boolean {
  return proxy !== undefined || preface !== undefined;
}

function createConnection(options: ConnectOptions): net.Socket {
  const { endpoint, tls: trust, proxy = endpoint } = options;
  const target = "path" in proxy
    ? { path: systemPath(proxy.path) }
    : { host: proxy.host, port: proxy.port };
  const given = { ...target, allowHalfOpen: true, noDelay: true, keepAlive: true };
  return trust !== undefined && !needsSocket(options) ? secure(given, options) : net.connect(given);
}

/** Passes the proxy, sends the preface and begins TLS, if there are any. */
async function openUp(socket: net.Socket, options: ConnectOptions): Promise<net.Socket> {
  const { endpoint, proxy, preface, tls: trust } = options;
  if (proxy !== undefined) {
    const { openTunnel } = await import("./proxy_tunnel.ts");
    await openTunnel(socket, proxy, endpoint as InetEndpoint);
  }
  if (preface !== undefined) socket.write(preface);
  if (trust === undefined) return socket;
  return secure({ socket, allowHalfOpen: true } as ConnectionOptions, options);
}

/**
 * Begins a handshake: on a new connection, or on a socket.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if the TLS library refuses an option.
 */
function secure(
  given: ConnectionOptions,
  { endpoint, tls: trust = {} }: Pick<ConnectOptions, "endpoint" | "tls">,
): net.Socket {
  const { serverName, ...identity } = trust;
  const host = serverName ?? ("host" in endpoint ? endpoint.host : "localhost");
  // Not imported, because most processes do without it.
  const { checkServerIdentity, connect } = process.getBuiltinModule("node:tls");
  try {
    const socket = connect({
      ...given,
      ...identity,
      // Only names are sent to the server (RFC 6066 section 3).
      servername: net.isIP(host) === 0 ? host : undefined,
      // Node would look for the name of the proxy, or `localhost`, if the host is an address.
      checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
    });
    socket.setNoDelay(true);
    return socket;
  } catch (cause) {
    const message = `Cannot use the TLS options of connect: ${(cause as Error).message}`;
    throw new GoerError("GOER_INVALID_ARGUMENT", message, { cause });
  }
}
