/**
 * Servers and clients of `node:tls`, used for TLS on all runtimes: it can adopt inherited sockets on
 * each of them.
 *
 * @module
 */

import { isIP, type Server, type ServerOpts, type Socket } from "node:net";
import {
  checkServerIdentity,
  connect,
  type ConnectionOptions,
  createServer,
  type PeerCertificate as NodeCertificate,
  type Server as SecureServer,
  type TlsOptions,
  type TLSSocket,
} from "node:tls";
import { GoerError } from "../../errors.ts";
import { invalidOption } from "../../numbers.ts";
import type { PeerCertificate, TlsDetails } from "../../protocol/connection.ts";
import { type OwnedSocket, OWNER } from "./node_reading.ts";
import type { BeforeTls, ConnectOptions, TlsIdentity } from "../runtime.ts";
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

/** What a handshake has agreed on. */
export function tlsDetails(socket: TLSSocket): TlsDetails {
  const { alpnProtocol, authorized } = socket;
  const { servername } = socket as { servername?: string | false };
  return {
    protocol: socket.getProtocol() ?? "",
    cipher: socket.getCipher()?.name ?? "",
    alpnProtocol: alpnProtocol || undefined,
    serverName: servername || undefined,
    authorized,
    peerCertificate: peerCertificate(socket.getPeerCertificate()),
  };
}

/** The runtimes give an object without fields, or none, if the peer has sent no certificate. */
function peerCertificate(given: NodeCertificate | undefined): PeerCertificate | undefined {
  if (given?.fingerprint256 === undefined) return undefined;
  return {
    subject: { ...given.subject } as unknown as PeerCertificate["subject"],
    alternativeNames: given.subjectaltname?.split(", ") ?? [],
    fingerprint: given.fingerprint256,
    validFrom: new Date(given.valid_from),
    validTo: new Date(given.valid_to),
  };
}

/**
 * Begins a handshake: on a new connection, or on a socket.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if the TLS library refuses an option.
 */
export function secure(
  given: ConnectionOptions,
  { endpoint, tls: trust = {} }: Pick<ConnectOptions, "endpoint" | "tls">,
): TLSSocket {
  const { serverName, ...identity } = trust;
  const host = serverName ?? ("host" in endpoint ? endpoint.host : "localhost");
  try {
    const socket = connect({
      ...given,
      ...identity,
      // Only names are sent to the server (RFC 6066 section 3).
      servername: isIP(host) === 0 ? host : undefined,
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
