/**
 * Servers of `node:tls`, used for TLS on all runtimes: it can adopt inherited sockets on each of
 * them.
 *
 * @module
 */

import type { Server, ServerOpts, Socket } from "node:net";
import { createServer, type Server as SecureServer, type TlsOptions } from "node:tls";
import { GoerError } from "../../errors.ts";
import { invalidOption } from "../../numbers.ts";
import { type OwnedSocket, OWNER } from "./node_reading.ts";
import type { BeforeTls, TlsIdentity } from "../runtime.ts";
import { FileWatch } from "./file_watch.ts";
import {
  filesOf,
  identityFor,
  type LoadedCertificate,
  type LoadedTls,
  loadTls,
} from "./tls_certificates.ts";
import { ticketOptions } from "./tls_tickets.ts";
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

/** A server that accepts connections when their handshake is done. */
export interface TlsServer {
  readonly server: Server;
  /** Settles when no handshake is pending. */
  idle(): Promise<void>;
  /** Uses the files of certificates when they are replaced. Returns what stops that. */
  watch(): () => void;
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
): TlsServer {
  const { handshakeTimeout = HANDSHAKE_TIMEOUT } = identity;
  const open = () => {
    const loaded = loadTls(identity, address);
    return loaded.certificates.map(({ names, ...certificate }) => ({
      names,
      secure: createSecureServer({ certificate, loaded, identity, address }, (socket) => {
        socket.allowHalfOpen = options.allowHalfOpen ?? false;
        accept(socket);
        front.done(socket);
      }),
    }));
  };
  const files = new FileWatch(filesOf(identity));
  let servers = open();
  const watch = () => {
    files.start(() => servers = open(), (error) => {
      console.error(`The certificate of ${address} was not replaced: ${error.message}`);
    });
    return () => files.stop();
  };
  // Otherwise, a peer that ends during its handshake would keep a descriptor until
  // handshakeTimeout.
  const front = createFront({ ...options, allowHalfOpen: false }, {
    ...beforeTls,
    timeout: handshakeTimeout,
    readsName: servers.length > 1,
    secure: (socket, name) => void identityFor(servers, name).secure.emit("connection", socket),
  });
  return { server: front.server, idle: front.idle, watch };
}

/** What a server for one certificate needs. */
interface SecureServerOptions {
  certificate: Pick<LoadedCertificate, "cert" | "key" | "passphrase">;
  loaded: LoadedTls;
  identity: TlsIdentity;
  address: string;
}

/** Creates a server for one certificate. It never listens: it gets its connections from the front. */
function createSecureServer(
  { certificate, loaded: { ca }, identity: given, address }: SecureServerOptions,
  accept: (socket: Socket) => void,
): SecureServer {
  const { alpnProtocols, clientCertificate, ciphers, ...identity } = given;
  const options: TlsOptions = {
    ...certificate,
    ca,
    ciphers,
    requestCert: clientCertificate !== undefined,
    rejectUnauthorized: clientCertificate === "require",
    minVersion: identity.minVersion ?? "TLSv1.2",
    ALPNProtocols: alpnProtocols && [...alpnProtocols],
    handshakeTimeout: identity.handshakeTimeout ?? HANDSHAKE_TIMEOUT,
    ...ticketOptions(address, [clientCertificate, ca]),
  };
  let server: SecureServer;
  try {
    server = createServer(options, accept);
  } catch (cause) {
    throw optionsError(cause as Error & { code?: string }, given, address);
  }
  // A failed handshake only affects its own peer.
  server.on("tlsClientError", (error, socket) => {
    if (!isTimeout(error)) return void socket.destroy();
    setTimeout(() => (socket as OwnedSocket)[OWNER] ?? socket.destroy(), READING_TIME);
  });
  return server;
}

/** What the TLS library refuses: these are all strings that only it knows. */
function optionsError(
  cause: Error & { code?: string },
  { ciphers }: TlsIdentity,
  address: string,
): GoerError {
  if (cause.code === "ERR_SSL_NO_CIPHER_MATCH") {
    return invalidOption("tls.ciphers", "ciphers of this runtime", JSON.stringify(ciphers));
  }
  const message = `Cannot use the TLS options of ${address}: ${cause.message}`;
  return new GoerError("GOER_INVALID_ARGUMENT", message, { cause });
}

function isTimeout(error: Error): boolean {
  return (error as Error & { code?: string }).code === "ERR_TLS_HANDSHAKE_TIMEOUT";
}
