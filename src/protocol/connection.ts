/**
 * The connection as handlers and protocols see it.
 *
 * @module
 */

/**
 * What became of a message given to {@linkcode Connection.send}:
 *
 * - `"accepted"`: it leaves with this turn's write; nothing waits before it. To know when the system has
 *   taken it, await {@linkcode Connection.drained};
 * - `"queued"`: it waits behind bytes that the system has not taken yet;
 * - `"full"`: refused, because `maxSendBufferSize` bytes wait already;
 * - `"closed"`: refused, because the connection is closing or closed.
 */
export type SendStatus = "accepted" | "queued" | "full" | "closed";

/** How a peer closed a connection, in a protocol with a closing handshake, such as WebSocket. */
export interface CloseStatus {
  /** The status code; 1005 where the frame had none, 1006 where there was no frame. */
  readonly code: number;
  /** The reason, `""` where there is none. */
  readonly reason: string;
}

/**
 * The name of a group, a user or a topic: any string, or a number, which is the same name as its digits.
 */
export type GroupName = string | number | bigint;

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
   * True to send bytes as they are, past the protocol, and a string in UTF-8.
   *
   * @default {false}
   */
  raw?: Raw | undefined;
  /**
   * True if the bytes of the message never change: they are then sent as they are, without a copy. Many
   * connections can wait with the same array, and it takes the memory of one. Bytes under 4 KiB are
   * copied all the same.
   *
   * @default {false}
   */
  immutable?: boolean | undefined;
}

/** Options of a message that goes past the protocol. */
export interface RawOption extends SendOptions<true> {
  /** The bytes are sent as they are, past the protocol. */
  raw: true;
}

/**
 * One peer. A stream peer (TCP, TLS, Unix socket) and a datagram peer (UDP) look alike.
 *
 * @typeParam Out What {@linkcode Connection.send} takes: the protocol says.
 * @typeParam State What the application keeps in {@linkcode Connection.state}.
 */
export interface Connection<Out = unknown, State = unknown> {
  /** Counts up from 1 in each process; never used again. */
  readonly id: number;
  /** How the peer is connected. */
  readonly transport: Transport;
  /** The peer: `"192.0.2.1:4711"`, `"[2001:db8::1]:4711"`, `"unix:"` for a Unix socket. */
  readonly remoteAddress: string;
  /** This end: `"192.0.2.7:80"`, `"unix:/run/x.sock"`. */
  readonly localAddress: string;
  /** What the application keeps with this connection. Starts as `undefined`. */
  state: State;
  /** Bytes received so far. */
  readonly bytesRead: number;
  /** Bytes the system has taken so far. */
  readonly bytesWritten: number;
  /** Bytes written to this connection that the system has not taken yet. */
  readonly bufferedBytes: number;
  /** True until the connection is closing: while it is, `send` is worth calling. */
  readonly open: boolean;
  /**
   * Sends a message. All that one turn of the event loop sends leaves in one write.
   *
   * @param message What the protocol can send. Bytes are copied before `send` returns, unless
   * `immutable` says that they never change.
   * @returns What became of it; see {@linkcode SendStatus}. Nothing is dropped silently.
   * @throws {TypeError} If the protocol cannot send a value of this type. Nothing is sent, and the
   * connection stays open.
   */
  send(message: Out, options?: SendOptions<false>): SendStatus;
  /**
   * Sends bytes as they are, past the protocol, or a string in UTF-8.
   *
   * @throws {TypeError} If the message is neither bytes nor a string.
   */
  send(message: Uint8Array | string, options: RawOption): SendStatus;
  /**
   * Sends what waits, and `last` where it is given (also past `maxSendBufferSize`), then ends the
   * connection.
   * No more messages are received; closing twice does no harm.
   *
   * @throws {TypeError} If the protocol cannot send `last`. The connection stays open.
   */
  close(last?: Out, options?: SendOptions<false>): void;
  /** Sends `last` as {@linkcode Connection.send} does with `raw`, then ends the connection. */
  close(last: Uint8Array | string, options: RawOption): void;
  /**
   * Waits until the system has taken all that was sent: nothing is buffered here any more. That the peer
   * has received it, only an answer from the peer can tell.
   *
   * @returns A promise of true once nothing waits, or of false if the connection ended before. It never
   * rejects, and it always resolves.
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
  /** Ends the connection at once; what waits to be sent is lost. */
  destroy(): void;
  /** Receives no more messages until {@linkcode Connection.resume}. */
  pause(): void;
  /** Receives messages again after {@linkcode Connection.pause}. */
  resume(): void;
  /**
   * The groups that this connection is in. Datagrams, and connections that this end has made, can be
   * in none.
   */
  readonly groups: ReadonlySet<string>;
  /**
   * Whose connection this is, for {@linkcode Goer.toUser}: one user may have many. It is a string, or
   * `undefined` at the start. Set to a number, it is the string of its digits; set to `undefined` or
   * `null`, it is nobody's.
   *
   * @throws {TypeError} If it is set to anything else.
   * @throws {GoerError} `GOER_NOT_SUPPORTED` for datagrams, and connections that this end has made.
   */
  user: string | undefined;
  /**
   * Joins a group: what {@linkcode Goer.to} sends to it comes to this connection, too, from whichever
   * process. Joining twice does no harm; a connection that is gone has left all its groups.
   *
   * @param group Any string, or a number, which is the same group as its digits.
   * @returns Settles once messages from all other processes arrive; it never rejects.
   * @throws {TypeError} If `group` is neither.
   * @throws {GoerError} `GOER_NOT_SUPPORTED` for datagrams, and connections that this end has made;
   * `GOER_TOO_MANY` if this one is in `maxGroupsPerConnection` groups.
   */
  join(group: GroupName): Promise<void>;
  /** Leaves a group. @throws {TypeError} If `group` is neither a string nor a number. */
  leave(group: GroupName): void;
  /**
   * Sends every message of this connection to `to`, past `onMessage`, no faster than `to` takes
   * them; closes `to` when this one ends.
   */
  pipe(to: Connection<Out>): void;
}
