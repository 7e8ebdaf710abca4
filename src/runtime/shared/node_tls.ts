/**
 * Servers of `node:tls`, which all runtimes listen for TLS by: it alone takes inherited sockets on each.
 *
 * @module
 */

import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { createServer, type Server, type TlsOptions } from "node:tls";
import { GoerError } from "../../errors.ts";
import { type OwnedSocket, OWNER } from "./node_reading.ts";
import type { TlsIdentity } from "../runtime.ts";

/**
 * How long what has come is read before a handshake that has timed out is given up, in ms: its peer has to
 * answer once more.
 */
const READING_TIME = 500;

/** How long a handshake may take where {@linkcode TlsIdentity} does not say, in ms. */
const HANDSHAKE_TIMEOUT = 10_000;

/**
 * Makes a server that accepts connections whose handshake is done.
 *
 * @param identity The certificate, its key and what goes with them.
 * @param options What a plain server takes as well, and the address, for errors.
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if certificate and key cannot serve.
 */
export function createTlsServer(
  identity: TlsIdentity,
  options: TlsOptions & { address: string },
  accept: (socket: Socket) => void,
): Server {
  checkIdentity(identity, options.address);
  const { cert, key, alpnProtocols, handshakeTimeout = HANDSHAKE_TIMEOUT } = identity;
  const ALPNProtocols = alpnProtocols && [...alpnProtocols];
  const server = createServer({
    ...options,
    // One that leaves before its handshake is done would hold a descriptor until handshakeTimeout.
    allowHalfOpen: false,
    cert,
    key,
    ALPNProtocols,
    handshakeTimeout,
  }, (socket) => {
    socket.allowHalfOpen = options.allowHalfOpen ?? false;
    accept(socket);
  });
  // A handshake that fails costs its own peer only.
  server.on("tlsClientError", (error, socket) => {
    if (!isTimeout(error)) return void socket.destroy();
    // Where the loop was blocked, or the process stopped, the peer may have done its part.
    setTimeout(() => (socket as OwnedSocket)[OWNER] ?? socket.destroy(), READING_TIME);
  });
  return server;
}

function isTimeout(error: Error): boolean {
  return (error as Error & { code?: string }).code === "ERR_TLS_HANDSHAKE_TIMEOUT";
}

/** Refuses what no handshake could use: Deno would listen, and every handshake fail. */
function checkIdentity({ cert, key }: TlsIdentity, address: string): void {
  const certificate = attempt(() => new X509Certificate(cert), `tls.cert of ${address}`);
  const privateKey = attempt(() => createPrivateKey(key), `tls.key of ${address}`);
  if (certificate.checkPrivateKey(privateKey)) return;
  throw new GoerError(
    "GOER_INVALID_ARGUMENT",
    `Cannot use tls.key of ${address}: it does not belong to the certificate in tls.cert`,
  );
}

/** Reads one of the two, or says which one could not be read. */
function attempt<T>(read: () => T, what: string): T {
  try {
    return read();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GoerError("GOER_INVALID_ARGUMENT", `Cannot use ${what}, in PEM: ${reason}`, {
      cause,
    });
  }
}
