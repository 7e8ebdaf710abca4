/**
 * What Goer needs from a runtime to serve sockets. The folders `deno`, `bun` and `node` implement
 * {@linkcode Runtime}, in files of the same names and in the same order, so a diff of two folders
 * shows how the runtimes differ.
 *
 * @module
 */

import type { ProxyHeader, TlsDetails } from "../protocol/connection.ts";
import type { Descriptors } from "./descriptors.ts";

/** Where to listen or connect: a host and port, or the path of a Unix socket. */
export type Endpoint = InetEndpoint | UnixEndpoint;

/** An IP host and port. */
export interface InetEndpoint {
  /** An IP address or a name; `"0.0.0.0"` is every IPv4, `"::"` every IPv6 interface. */
  readonly host: string;
  /** 0 chooses a free port. */
  readonly port: number;
}

/** A Unix socket. */
export interface UnixEndpoint {
  /** The path of the socket; a path that begins with `@` is an abstract name on Linux, not a file. */
  readonly path: string;
}

/** A certificate and its private key, each as text or as a file. */
export interface TlsCertificate {
  /** The certificate chain, in PEM. In `connect`, the one of the client, for servers that want one. */
  readonly cert?: string;
  /** The path of the certificate chain, instead of `cert`. */
  readonly certFile?: string;
  /** The private key, in PEM. */
  readonly key?: string;
  /** The path of the private key, instead of `key`. */
  readonly keyFile?: string;
  /** The passphrase of an encrypted key. */
  readonly passphrase?: string;
}

/** A certificate for some of the names of a server. */
export interface TlsServerName extends TlsCertificate {
  /**
   * The names of the server for which it is used: `"example.com"`, `"*.example.com"`. An exact name
   * goes before one with `*`. Default: the DNS names in the certificate.
   */
  readonly names?: readonly string[];
}

/** The certificates of a TLS listener, and what it demands of clients. */
export interface TlsIdentity extends TlsCertificate {
  /**
   * More certificates, for clients that ask for other names (SNI). The certificate in `cert` or
   * `certFile` is for all clients that ask for none of these.
   */
  readonly identities?: readonly TlsServerName[];
  /** Application protocols to offer (RFC 7301), each with 1 to 255 bytes. */
  readonly alpnProtocols?: readonly string[];
  /**
   * How long a peer may take until its first bytes, and then for the handshake, in ms. From 1 to
   * 2,147,483,647 (about 24 days).
   *
   * @default {10000}
   */
  readonly handshakeTimeout?: number;
  /**
   * Asks clients for a certificate. With `"require"`, one that an authority in `ca` has issued is
   * needed to connect. With `"request"`, everyone can connect: check `connection.tls.authorized`.
   */
  readonly clientCertificate?: "request" | "require";
  /** The authorities for certificates of clients, in PEM. */
  readonly ca?: string;
  /** The path of the authorities, instead of `ca`. */
  readonly caFile?: string;
  /**
   * The lowest version of TLS.
   *
   * @default {"TLSv1.2"}
   */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
  /** The allowed ciphers, as OpenSSL writes them. Not on Deno. Default: those of the runtime. */
  readonly ciphers?: string;
}

/** The events of a stream socket. During `write`, only `progressed` is called. */
export interface SocketEvents {
  /** The socket is ready. Called once, first. */
  opened(): void;
  /**
   * Bytes have arrived: the first `length` of `bytes`.
   *
   * @returns True to keep `bytes`: the socket then never writes to them again.
   */
  received(bytes: Uint8Array, length: number): boolean;
  /** The peer has ended its side; this side may still write. */
  ended(): void;
  /** The system has taken `count` more bytes of the pending write, but not the last ones. */
  progressed(count: number): void;
  /** The pending write is complete. */
  flushed(): void;
  /** The socket has ended, with the error that broke it. Called once, last. */
  closed(error?: Error): void;
}

/** A proxy that has sent a PROXY header. */
export interface SocketProxy {
  /** Its own address: the peer of the socket. Undefined if its header names no client. */
  readonly address: string | undefined;
  readonly header: ProxyHeader;
}

/** Reads what comes before the protocol, or before the handshake of TLS: a PROXY header. */
export interface PrefaceReader {
  /** True if the peer must send one. */
  readonly required: boolean;
  /** The header, once `take` has returned bytes. */
  readonly header: ProxyHeader | undefined;
  /**
   * Takes bytes, and returns what follows the header, or `undefined` if more are needed.
   *
   * @throws {ProtocolError} If the connection must end.
   */
  take(bytes: Uint8Array): Uint8Array | undefined;
}

/** One stream socket. */
export interface StreamSocket {
  /** The peer, as `host:port`; `unix:` for the nameless peer of a Unix socket. */
  readonly remoteAddress: string;
  /** Set if the peer has sent a PROXY header. `remoteAddress` is then the client. */
  readonly proxy?: SocketProxy | undefined;
  /** This end, as `host:port` or `unix:path`. */
  readonly localAddress: string;
  /** What the handshake of TLS has agreed on; undefined without TLS. */
  readonly tls?: TlsDetails | undefined;
  /** Starts to read. Called once, in the turn in which the socket was accepted. */
  start(events: SocketEvents): void;
  /**
   * Writes the first `length` of `bytes`, which must not change until they are written.
   *
   * @returns True if the system took them all immediately. Otherwise `flushed` is called when it
   * has, and no other write may begin before that.
   */
  write(bytes: Uint8Array, length: number): boolean;
  /** Stops reading. One more chunk can still arrive. */
  pause(): void;
  /** Resumes reading. */
  resume(): void;
  /** Ends this side (FIN). No write may be pending, and none may follow. */
  end(): void;
  /**
   * Closes the socket after its peer has ended: over TLS with a close_notify (RFC 8446 section
   * 6.1).
   */
  finish(): void;
  /** Closes the socket immediately. */
  destroy(): void;
  /** Closes the socket immediately, with a reset if `capabilities.reset`. */
  terminate(): void;
}

/** Options of {@linkcode Runtime.listen}. */
export interface ListenOptions {
  /** Where to listen. With `fd`: its name. */
  readonly endpoint: Endpoint;
  /** How many connections may wait to be accepted. */
  readonly backlog: number;
  /** Lets several processes listen on the address. The system distributes the connections. */
  readonly reusePort?: boolean;
  /** A listening socket, inherited from another process. */
  readonly fd?: number;
  /** Uses TLS with this certificate. */
  readonly tls?: TlsIdentity;
  /** What happens before the handshake of TLS. */
  readonly beforeTls?: BeforeTls | undefined;
}

/** What happens on a connection before its handshake. */
export interface BeforeTls {
  /** Opens the reader of a PROXY header, if the service has proxies. */
  readonly openPreface?: ((remoteAddress: string) => PrefaceReader) | undefined;
  /** How long a proxy may take for its header, in ms. */
  readonly prefaceTimeout?: number | undefined;
  /** The answer to a peer that speaks HTTP without TLS. */
  readonly plainReply?: string | undefined;
  /**
   * A client has connected, whose address is known. Returns what to call at the end of its
   * connection, or `undefined` to refuse it.
   */
  readonly admit?: ((remoteAddress: string) => (() => void) | undefined) | undefined;
  /** A peer was refused because of its header, or by `admit`. */
  readonly refused?: (() => void) | undefined;
}

/** Options of {@linkcode Runtime.connect}. */
export interface ConnectOptions {
  /** Where to connect to. */
  readonly endpoint: Endpoint;
  /** Uses TLS. */
  readonly tls?: TlsTrust;
  /** Connects through this proxy. */
  readonly proxy?: ProxyServer | undefined;
  /** Bytes to send first, before the handshake of TLS. */
  readonly preface?: Uint8Array | undefined;
  /** Aborts the attempt. */
  readonly signal: AbortSignal;
}

/** A proxy for outgoing connections. */
export interface ProxyServer {
  readonly protocol: "socks5" | "http";
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly password: string | undefined;
}

/** Which certificates a TLS client trusts, and its own one. */
export interface TlsTrust extends Pick<TlsCertificate, "cert" | "key" | "passphrase"> {
  /** The certificate authorities to trust, in PEM. Default: those of the system. */
  readonly ca?: string;
  /** The name that the peer's certificate must have. Default: the host of the address. */
  readonly serverName?: string;
}

/** Takes each accepted socket, one of `node:net`. */
export type AcceptNode = (socket: unknown) => void;

/** Receives each accepted socket and returns its handlers, or `undefined` to refuse it. */
export type Accept = (socket: StreamSocket) => SocketEvents | undefined;

/** A listening stream socket. */
export interface Listener {
  /** The address it is bound to, with the real port. */
  readonly endpoint: Endpoint;
  /**
   * Stops accepting. Accepted connections continue. Removes the file at the path of a Unix socket.
   *
   * @returns Settles when it is done, if that takes a while.
   */
  close(): void | Promise<void>;
  /** With TLS: settles when no handshake is pending that could become a connection. */
  idle?: (() => Promise<void>) | undefined;
}

/** Options of {@linkcode Runtime.bindDatagram}. */
export interface DatagramOptions {
  /** Where to receive. With `fd`: what to call it. */
  readonly endpoint: InetEndpoint;
  /** Binds beside a socket that is bound already, and takes all new datagrams from it. */
  readonly reuseAddress?: boolean;
  /** A bound socket inherited from another process, where `capabilities.adoptDatagram`. */
  readonly fd?: number;
}

/** A datagram socket. */
export interface DatagramSocket {
  /** The address it is bound to, with the real port. */
  readonly endpoint: InetEndpoint;
  /**
   * Sends one datagram, which must not change until the promise settles.
   *
   * @throws If the system refuses it: too large, unreachable.
   */
  send(bytes: Uint8Array, peer: InetEndpoint): Promise<void>;
  /** Receives no more until {@linkcode DatagramSocket.resume}; the system queues, then drops. */
  pause(): void;
  /** Receives again. */
  resume(): void;
  /**
   * Closes the socket.
   *
   * @returns Settles when its port is free, if that takes a while.
   */
  close(): void | Promise<void>;
}

/** A datagram socket with one peer: it receives from no other, and `send` sends to no other. */
export interface ConnectedDatagramSocket extends DatagramSocket {
  /** The peer, by address. */
  readonly peer: InetEndpoint;
}

/** What happens on a datagram socket with one peer. */
export interface DatagramEvents {
  /** A datagram has arrived; `bytes` are the receiver's to keep. */
  receive(bytes: Uint8Array): void;
  /**
   * The network has answered a datagram with an error (ICMP, RFC 1122 section 4.1.3.3), where
   * `capabilities.datagramErrors`. The socket can still be used.
   */
  failed(cause: Error): void;
}

/** Takes each datagram; `bytes` are the receiver's to keep. */
export type Receive = (bytes: Uint8Array, peer: InetEndpoint) => void;

/** What a runtime can and cannot do. Tests skip by these, never by the runtime's name. */
export interface Capabilities {
  /** Serves a listening stream socket that is handed to it by file descriptor. */
  readonly adoptStream: boolean;
  /** Serves a bound datagram socket that is handed to it by file descriptor. */
  readonly adoptDatagram: boolean;
  /**
   * Closes every TCP socket by a reset. Without it the peer sees an ordinary end, except on sockets of
   * `node:net`, such as those that are inherited. TLS and Unix sockets have no reset.
   */
  readonly reset: boolean;
  /** Applies {@linkcode ListenOptions.backlog} to Unix sockets too. Otherwise these queue 512 clients. */
  readonly backlogOfUnix: boolean;
  /** Reports ICMP errors on a datagram socket with one peer. */
  readonly datagramErrors: boolean;
  /** Applies {@linkcode TlsIdentity.ciphers}. */
  readonly tlsCiphers: boolean;
  /** Several processes can listen on one address: {@linkcode ListenOptions.reusePort}. */
  readonly reusePort: boolean;
  /**
   * Characters that the path of a module must not contain: the runtime's loader reads them as the
   * beginning of a query, or as a separator of folders.
   */
  readonly unimportable: readonly string[];
}

/** Permissions that the supervisor needs and workers do not need. */
export const SUPERVISOR_ONLY = ["ffi", "run"] as const;

/** How the runtime runs this program. */
export interface RuntimeProgram {
  /** True for a program that was compiled into an executable. */
  readonly standalone: boolean;
  /** True if it can load TypeScript modules. */
  readonly readsTypeScript: boolean;
  /** The main module: a path or a URL. */
  mainModule(): string;
  /** The runtime's own flags, between the executable and the module. */
  flags(): string[];
  /**
   * The flags for a worker.
   *
   * @param flags The flags of the supervisor.
   * @param allow Permissions to keep: `"ffi"`, `"run"`.
   * @param callsLibrary True if the worker may call the C library when it starts.
   */
  workerFlags(
    flags: readonly string[],
    allow: readonly string[],
    callsLibrary: boolean,
  ): string[];
  /**
   * Revokes the permissions that a worker does not need, where they could not be left out at its
   * start.
   *
   * @param allow Permissions to keep: `"ffi"`, `"run"`.
   */
  withhold(allow: readonly string[]): void;
  /** Loads modules of Goer by these names. Absent on Deno, where an import map does this. */
  answerImports?(modules: Record<string, OwnModule>): void;
  /** What compiles an app into an executable; `undefined` if this program cannot. */
  compiler(): { executable: string; environment?: Record<string, string> } | undefined;
  /**
   * The local files that an app imports, directly or indirectly, and itself. Absent where the runtime
   * does not tell: only Deno does.
   *
   * @throws With the reason if it cannot tell this time.
   */
  moduleGraph?(app: string): Promise<string[]>;
}

/** A runtime: what `mod.ts` picks one of. */
export interface Runtime {
  /** `"deno"`, `"bun"` or `"node"`. */
  readonly name: string;
  /** The version of the runtime. */
  readonly version: string;
  /** What this runtime can do. */
  readonly capabilities: Capabilities;
  /** Opens a listening stream socket. Throws a `GoerError` that names the address. */
  listen(options: ListenOptions, accept: Accept): Promise<Listener>;
  /** The same as `listen` with sockets of `node:net`, for a server of `node:http`. */
  listenForNode(options: ListenOptions, accept: AcceptNode): Promise<Listener>;
  /** Connects to another address. Throws a `GoerError` that names it. */
  connect(options: ConnectOptions): Promise<StreamSocket>;
  /** Opens a datagram socket. Throws a `GoerError` that names the address. */
  bindDatagram(options: DatagramOptions, receive: Receive): Promise<DatagramSocket>;
  /** Opens a datagram socket with one peer. Throws a `GoerError` that names the peer. */
  connectDatagram(peer: InetEndpoint, events: DatagramEvents): Promise<ConnectedDatagramSocket>;
  /**
   * Loads what the supervisor needs below sockets; `undefined` where the system has nothing of the kind,
   * or this process no permission.
   */
  loadDescriptors(): Promise<Descriptors | undefined>;
}

/** A module of Goer: where it is, or what loads it where it is part of this program. */
export type OwnModule = string | (() => Promise<object>);
