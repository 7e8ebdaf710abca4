/**
 * What is known of a socket with TLS. It loads nothing of TLS, so that sockets without it can ask, too.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { PeerCertificate as NodeCertificate, TLSSocket } from "node:tls";
import type { PeerCertificate, TlsDetails } from "../../protocol/connection.ts";
import type { SocketProxy } from "../runtime.ts";

/** The key of the proxy in a socket. */
export const PROXY: unique symbol = Symbol("proxy");

/** A socket with the PROXY header that was read from it. */
export interface FrontSocket extends Socket {
  [PROXY]?: SocketProxy;
  /** The socket below TLS. */
  readonly _parent?: FrontSocket;
}

/** The proxy of a TLS socket. */
export function proxyBelow(socket: Socket): SocketProxy | undefined {
  return (socket as FrontSocket)._parent?.[PROXY];
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
