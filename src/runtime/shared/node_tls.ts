/**
 * Servers of `node:tls`, used for TLS on all runtimes: it can adopt inherited sockets on each of
 * them.
 *
 * @module
 */

import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Server, ServerOpts, Socket } from "node:net";
import { createServer } from "node:tls";
import { GoerError } from "../../errors.ts";
import { type OwnedSocket, OWNER } from "./node_reading.ts";
import type { BeforeTls, TlsIdentity } from "../runtime.ts";
import { createFront, READING_TIME } from "./tls_front.ts";

/** How long a handshake may take if {@linkcode TlsIdentity} does not say, in ms. */
const HANDSHAKE_TIMEOUT = 10_000;

/** Options of {@linkcode createTlsServer}. */
export interface TlsServerOptions {
  /** The options of a plain server. */
  server: ServerOpts;
  /** The address, for errors. */
  address: string;
  /** What happens before the handshake. */
  beforeTls?: BeforeTls | undefined;
}

/**
 * Creates a server that accepts connections when their handshake is done.
 *
 * @param identity The certificate, its key and other TLS options.
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if certificate and key do not work.
 */
export function createTlsServer(
  identity: TlsIdentity,
  { server: options, address, beforeTls }: TlsServerOptions,
  accept: (socket: Socket) => void,
): Server {
  checkIdentity(identity, address);
  const { cert, key, alpnProtocols, handshakeTimeout = HANDSHAKE_TIMEOUT } = identity;
  const ALPNProtocols = alpnProtocols && [...alpnProtocols];
  // It never listens: it gets its connections from the front.
  const secure = createServer({ cert, key, ALPNProtocols, handshakeTimeout }, (socket) => {
    socket.allowHalfOpen = options.allowHalfOpen ?? false;
    accept(socket);
  });
  // A failed handshake only affects its own peer.
  secure.on("tlsClientError", (error, socket) => {
    if (!isTimeout(error)) return void socket.destroy();
    setTimeout(() => (socket as OwnedSocket)[OWNER] ?? socket.destroy(), READING_TIME);
  });
  // Otherwise, a peer that ends during its handshake would keep a descriptor until
  // handshakeTimeout.
  return createFront({ ...options, allowHalfOpen: false }, {
    ...beforeTls,
    timeout: handshakeTimeout,
    secure: (socket) => void secure.emit("connection", socket),
  });
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
