/**
 * Servers of `node:tls`, used for TLS on all runtimes: it can adopt inherited sockets on each of
 * them.
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
 * How long received data is still read after a handshake has timed out, in ms, because its peer may
 * have to answer once more.
 */
const READING_TIME = 500;

/** How long a handshake may take if {@linkcode TlsIdentity} does not say, in ms. */
const HANDSHAKE_TIMEOUT = 10_000;

/**
 * Creates a server that accepts connections when their handshake is done.
 *
 * @param identity The certificate, its key and other TLS options.
 * @param options The options of a plain server, and the address for errors.
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if certificate and key do not work.
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
    // Otherwise, a peer that ends during its handshake would keep a descriptor until
    // handshakeTimeout.
    allowHalfOpen: false,
    cert,
    key,
    ALPNProtocols,
    handshakeTimeout,
  }, (socket) => {
    socket.allowHalfOpen = options.allowHalfOpen ?? false;
    accept(socket);
  });
  // A failed handshake only affects its own peer.
  server.on("tlsClientError", (error, socket) => {
    if (!isTimeout(error)) return void socket.destroy();
    // If the loop was blocked, or the process stopped, the peer may have answered in time.
    setTimeout(() => (socket as OwnedSocket)[OWNER] ?? socket.destroy(), READING_TIME);
  });
  return server;
}

function isTimeout(error: Error): boolean {
  return (error as Error & { code?: string }).code === "ERR_TLS_HANDSHAKE_TIMEOUT";
}

/**
 * Refuses an identity that no handshake can use: Deno would listen, and every handshake would fail.
 */
function checkIdentity({ cert, key }: TlsIdentity, address: string): void {
  const certificate = attempt(() => new X509Certificate(cert), `tls.cert of ${address}`);
  const privateKey = attempt(() => createPrivateKey(key), `tls.key of ${address}`);
  if (certificate.checkPrivateKey(privateKey)) return;
  throw new GoerError(
    "GOER_INVALID_ARGUMENT",
    `Cannot use tls.key of ${address}: it does not belong to the certificate in tls.cert`,
  );
}

/** Reads the certificate or the key, and says which one is invalid. */
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
