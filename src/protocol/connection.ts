/**
 * The connection as handlers and protocols see it.
 *
 * @module
 */

/**
 * The result of {@linkcode Connection.send}:
 *
 * - `"accepted"`: the message is sent with this turn's write, and nothing waits before it. To wait
 *   until the system has taken it, await {@linkcode Connection.drained};
 * - `"queued"`: the message waits behind bytes that the system has not taken yet;
 * - `"full"`: refused, because `maxSendBufferSize` bytes are already queued;
 * - `"closed"`: refused, because the connection is closing or closed.
 */
export type SendStatus = "accepted" | "queued" | "full" | "closed";

/** How a peer closed a connection, in a protocol with a closing handshake, such as WebSocket. */
export interface CloseStatus {
  /** The status code: 1005 if the frame had none, 1006 without a frame. */
  readonly code: number;
  /** The reason, or `""`. */
  readonly reason: string;
}

/**
 * The name of a group, a user or a topic: a string, or a number, which is the same name as its
 * digits.
 */
export type GroupName = string | number | bigint;

/** The header of the PROXY protocol, which a proxy has sent at the start of a connection. */
export interface ProxyHeader {
  /** The version of the protocol. */
  readonly version: 1 | 2;
  /** `"local"` for a connection of the proxy itself, such as a health check. */
  readonly command: "proxy" | "local";
  /** The client: `"192.0.2.1:4711"`, `"unix:"`; `undefined` if the proxy does not know it. */
  readonly source: string | undefined;
  /** Where the client has connected to. */
  readonly destination: string | undefined;
  /** More values, in version 2: such as the SNI name of TLS (type 2). */
  readonly tlvs: readonly ProxyTlv[];
}

/** A value of a {@linkcode ProxyHeader}. */
export interface ProxyTlv {
  /** The type, from 0 to 255 (section 2.2 of the protocol). */
  readonly type: number;
  /** The value, at most 65,535 bytes. */
  readonly value: Uint8Array;
}

/** What the handshake of TLS has agreed on. */
export interface TlsDetails {
  /** The version: `"TLSv1.3"`. */
  readonly protocol: string;
  /** The cipher: `"TLS_AES_128_GCM_SHA256"`. */
  readonly cipher: string;
  /** The application protocol (ALPN), if both sides have one in common. */
  readonly alpnProtocol: string | undefined;
  /** The name of the server that the client has asked for (SNI). */
  readonly serverName: string | undefined;
  /** True if the peer has a certificate of an authority in `tls.ca`. */
  readonly authorized: boolean;
  /** The certificate of the peer, if it was asked for one and has sent it. */
  readonly peerCertificate: PeerCertificate | undefined;
}

/** A certificate of a peer. */
export interface PeerCertificate {
  /** The subject: `{ CN: "alice", O: "Example" }`. */
  readonly subject: Readonly<Record<string, string | readonly string[]>>;
  /** Its other names: `["DNS:example.com", "IP Address:192.0.2.1"]`. */
  readonly alternativeNames: readonly string[];
  /** The SHA-256 fingerprint, in hexadecimal with colons. */
  readonly fingerprint: string;
  /** The first moment at which it is valid. */
  readonly validFrom: Date;
  /** The last moment at which it is valid. */
  readonly validTo: Date;
}

/** The kinds of transport. */
export type Transport = "tcp" | "tls" | "unix" | "udp";

/** What a connection can send: a message of its protocol, or with `raw` bytes and strings. */
export type Sendable<Out> = Out | Uint8Array | string;

/**
 * Options of {@linkcode Connection.send} and {@linkcode Connection.close}.
 *
 * @typeParam Raw What `raw` may be.
 */
export interface SendOptions<Raw extends boolean = boolean> {
  /**
   * True to send bytes without the protocol, and a string as UTF-8.
   *
   * @default {false}
   */
  raw?: Raw | undefined;
  /**
   * True if the bytes of the message never change: they are then sent without a copy. Many
   * connections can wait for the same array, which is stored once. Bytes under 4 KiB are copied
   * anyway.
   *
   * @default {false}
   */
  immutable?: boolean | undefined;
}

/** Options of a message that is sent without the protocol. */
export interface RawOption extends SendOptions<true> {
  /** Sends the bytes without the protocol. */
  raw: true;
}

/**
 * A peer. A stream peer (TCP, TLS, Unix socket) and a datagram peer (UDP) have the same interface.
 *
 * @typeParam Out What {@linkcode Connection.send} takes, which depends on the protocol.
 * @typeParam State The type of {@linkcode Connection.state}.
 */
export interface Connection<Out = unknown, State = unknown> {
  /** Unique in its process: counts up from 1, and is never reused. */
  readonly id: number;
  /** How the peer is connected. */
  readonly transport: Transport;
  /**
   * The peer: `"192.0.2.1:4711"`, `"[2001:db8::1]:4711"`, `"unix:"` for a Unix socket. With
   * `proxyProtocol`, the client that the PROXY header names. Behind one of the `trustedProxies`,
   * the client that the proxy has named in the last request, with port 0 if it does not name that.
   */
  readonly remoteAddress: string;
  /** The peer, if that is a proxy and `remoteAddress` is its client; otherwise `undefined`. */
  readonly proxyAddress: string | undefined;
  /** The PROXY header: see the option `proxyProtocol`. `undefined` if the peer has sent none. */
  readonly proxyHeader: ProxyHeader | undefined;
  /** What the handshake of TLS has agreed on; `undefined` without TLS. */
  readonly tls: TlsDetails | undefined;
  /** This side: `"192.0.2.7:80"`, `"unix:/run/x.sock"`. */
  readonly localAddress: string;
  /** Data that your application keeps with this connection. Default: the option `state`, or `undefined`. */
  state: State;
  /** Bytes received so far. */
  readonly bytesRead: number;
  /** Bytes the system has taken so far. */
  readonly bytesWritten: number;
  /** Bytes written to this connection that the system has not taken yet. */
  readonly bufferedBytes: number;
  /** True until this side ends or the connection closes. After that, `send` returns `"closed"`. */
  readonly open: boolean;
  /**
   * Sends a message. All messages of one turn of the event loop are sent in one write.
   *
   * @param message A message of the protocol. Bytes are copied before `send` returns, unless
   * `immutable` promises that they never change.
   * @returns The result: see {@linkcode SendStatus}. Nothing is dropped silently.
   * @throws {TypeError} If the protocol cannot send a value of this type. Nothing is sent, and the
   * connection stays open.
   * @throws {GoerError} `GOER_PACKET_TOO_LARGE` if no datagram can carry the message.
   */
  send(message: Out, options?: SendOptions<false>): SendStatus;
  /**
   * Sends bytes without the protocol, or a string as UTF-8.
   *
   * @throws {TypeError} If the message is neither bytes nor a string.
   */
  send(message: Uint8Array | string, options: RawOption): SendStatus;
  /**
   * Sends what is queued, and `last` if given (even beyond `maxSendBufferSize`), then ends the
   * connection. No more messages are received. Closing twice is safe.
   *
   * @throws {TypeError} If the protocol cannot send `last`. The connection stays open.
   */
  close(last?: Out, options?: SendOptions<false>): void;
  /** Sends `last` as {@linkcode Connection.send} does with `raw`, then ends the connection. */
  close(last: Uint8Array | string, options: RawOption): void;
  /**
   * Sends what is queued, and `last` if given, then ends this side (half-close): the peer sees the
   * end of what you send, and messages still arrive. When the peer has ended its side too, the
   * connection closes. HTTP, WebSocket and datagrams close as with {@linkcode Connection.close}.
   *
   * @throws {TypeError} If the protocol cannot send `last`. The connection stays open.
   */
  end(last?: Out, options?: SendOptions<false>): void;
  /** Sends `last` as {@linkcode Connection.send} does with `raw`, then ends this side. */
  end(last: Uint8Array | string, options: RawOption): void;
  /**
   * Waits until the system has taken everything that was sent. Only a reply from the peer can tell
   * you that the peer has received it.
   *
   * @returns True when nothing is queued, false if the connection ended before. It always resolves
   * and never rejects.
   *
   * @example Send many messages, no faster than the peer reads
   * ```ts
   * import type { Connection } from "@goer/goer";
   *
   * async function sendAll(connection: Connection<string>, lines: Iterable<string>): Promise<void> {
   *   for (const line of lines) {
   *     if (connection.send(line) === "queued" && !await connection.drained()) return;
   *   }
   * }
   * ```
   */
  drained(): Promise<boolean>;
  /** Ends the connection immediately. Queued bytes are lost. */
  destroy(): void;
  /** Stops receiving messages until {@linkcode Connection.resume}. */
  pause(): void;
  /** Receives messages again. */
  resume(): void;
  /**
   * The groups of this connection. Datagrams and outgoing connections cannot join groups.
   */
  readonly groups: ReadonlySet<string>;
  /**
   * The user of this connection, for {@linkcode Goer.toUser}. A user can have many connections. A
   * string, `undefined` by default. A number becomes a string of its digits. `undefined` or `null`
   * removes the user.
   *
   * @throws {TypeError} If it is set to anything else.
   * @throws {GoerError} `GOER_NOT_SUPPORTED` for datagrams and outgoing connections.
   */
  user: string | undefined;
  /**
   * Joins a group: this connection receives what any process sends to the group with {@linkcode
   * Goer.to}. Joining twice is safe. A connection leaves all its groups when it ends.
   *
   * @param group A string, or a number, which is the same group as its digits.
   * @returns Settles once messages from all other processes arrive; it never rejects.
   * @throws {TypeError} If `group` is neither.
   * @throws {GoerError} `GOER_NOT_SUPPORTED` for datagrams and outgoing connections;
   * `GOER_TOO_MANY` if this connection is already in `maxGroupsPerConnection` groups.
   */
  join(group: GroupName): Promise<void>;
  /** Leaves a group. @throws {TypeError} If `group` is neither a string nor a number. */
  leave(group: GroupName): void;
  /**
   * Sends every message of this connection to `to` instead of to `onMessage`, no faster than `to`
   * accepts them. Closes `to` when this connection ends. If `to` is piped back to this connection,
   * only that side of `to` ends when the peer ends its side, so that an answer still arrives.
   */
  pipe(to: Connection<Out>): void;
  /**
   * The bytes that arrive, of a connection with the protocol `raw`. Read the property before the
   * first bytes arrive, such as in `onConnect`: from then on they go to the stream instead of to
   * `onMessage`, and the peer is read no faster than the stream. It ends when the peer ends its side,
   * and the connection stays open until {@linkcode Connection.writable} is closed.
   *
   * @throws {GoerError} `GOER_NOT_SUPPORTED` with another protocol, over UDP and with `reconnect`.
   *
   * @example An echo by streams
   * ```ts
   * import { Goer } from "@goer/goer";
   *
   * const goer = new Goer("tcp://127.0.0.1:0");
   * goer.onConnect = ({ readable, writable }) => void readable.pipeTo(writable).catch(() => {});
   * ```
   */
  readonly readable: ReadableStream<Uint8Array>;
  /**
   * Writes bytes, no faster than the peer reads them, of a connection with the protocol `raw`.
   * Closing it ends this side, as {@linkcode Connection.end} does, and aborting it destroys the
   * connection. Use it together with {@linkcode Connection.readable}.
   *
   * @throws {GoerError} `GOER_NOT_SUPPORTED` with another protocol, over UDP and with `reconnect`.
   */
  readonly writable: WritableStream<Uint8Array>;
}
