/**
 * What a protocol is: three functions for whole packets ({@linkcode PacketProtocol}), or, below them,
 * one session per connection ({@linkcode SessionProtocol}) for streams and compressed messages.
 *
 * A protocol does not depend on sockets or a runtime. It reads from a {@linkcode ReceiveBuffer},
 * writes to a {@linkcode SendBuffer}, and uses {@linkcode SessionContext} for everything else.
 *
 * @module
 */

import type { SendBuffer } from "./buffers.ts";
import type { CloseStatus, Connection } from "./connection.ts";
import type { Session } from "./session.ts";

/**
 * A protocol with whole packets. Implement three functions, and it works over TCP, TLS, Unix
 * sockets and UDP.
 *
 * @typeParam In What handlers receive.
 * @typeParam Out What {@linkcode Connection.send} takes. Default: the same as `In`.
 *
 * @example A protocol of fixed packets of four bytes
 * ```ts
 * import type { PacketProtocol } from "@goer/goer";
 *
 * const quad: PacketProtocol<number> = {
 *   name: "quad",
 *   input: () => 4,
 *   decode: (packet) => new DataView(packet.buffer, packet.byteOffset).getUint32(0),
 *   encode(value) {
 *     const packet = new Uint8Array(4);
 *     new DataView(packet.buffer).setUint32(0, value);
 *     return packet;
 *   },
 * };
 * ```
 */
export interface PacketProtocol<In, Out = In> {
  /** The name in `status`, logs and errors. */
  readonly name: string;
  /**
   * The length of the first whole packet in `buffer`.
   *
   * @param buffer All received bytes that are not part of an earlier packet; valid during the call
   * only.
   * @param connection Their connection.
   * @returns The packet's length in bytes, header included, or 0 if it is not known yet. It can be
   * larger than `buffer`: the function is called again when that many bytes have arrived.
   * @throws {ProtocolError} If the bytes can never become a packet: closes the connection.
   */
  input(buffer: Uint8Array, connection: Connection<Out>): number;
  /**
   * Decodes one whole packet.
   *
   * @param packet A view, valid until the handler returns. Copy what you keep (`slice()`).
   * @param connection Its connection.
   * @throws {ProtocolError} If the packet is not valid: closes the connection.
   */
  decode(packet: Uint8Array, connection: Connection<Out>): In;
  /** Encodes one message. The returned bytes must not change afterwards. */
  encode(message: Out, connection: Connection<Out>): Uint8Array;
  /**
   * True if `encode` returns the same bytes for every connection. A message to many connections, such
   * as a group, is then encoded once, and otherwise for each of them.
   *
   * @default {false}
   */
  readonly encodeOnce?: boolean;
}

/**
 * The general form of a protocol: a session per connection that reads messages from the received
 * bytes and keeps the protocol's state.
 *
 * @typeParam In What handlers receive.
 * @typeParam Out What {@linkcode Connection.send} takes. Default: the same as `In`.
 */
export interface SessionProtocol<In, Out = In> {
  /** The name in `status`, logs and errors. */
  readonly name: string;
  /** Opens the session of a new connection. */
  open(context: SessionContext<In, Out>): Session<In, Out>;
  /**
   * Opens the session of an outgoing connection to `address`. Without this method, `open` is called.
   */
  connect?(context: SessionContext<In, Out>, address: string): Session<In, Out>;
}

/**
 * A protocol, in either form.
 *
 * @typeParam In What handlers receive.
 * @typeParam Out What {@linkcode Connection.send} takes. Default: the same as `In`.
 */
export type Protocol<In, Out = In> = PacketProtocol<In, Out> | SessionProtocol<In, Out>;

/** Proxies that may say who their client is: the option `trustedProxies`. */
export interface TrustedProxies {
  /** Which field they write. By default `X-Forwarded-For`, or if there is none, `Forwarded`. */
  readonly header?: "x-forwarded-for" | "forwarded" | undefined;
  /** Tells whether an IP address is one of them, or `"unix:"`, for peers of Unix sockets. */
  has(address: string): boolean;
  /** An IP address in its usual form (RFC 5952); `undefined` if it is none. */
  normalize(address: string): string | undefined;
}

/** A client that a trusted proxy has named. */
export interface NamedClient {
  /** Its IP address, in its usual form. */
  readonly address: string;
  /** Its port, or 0 if the proxy does not name it. */
  readonly port: number;
}

/** What a session can do with its connection. */
export interface SessionContext<In, Out = In> {
  /** The connection, as handlers see it. */
  readonly connection: Connection<Out>;
  /**
   * The connection's send buffer, for the session's own messages. Call
   * {@linkcode SessionContext.flush} after writing to it outside of `read` and `write`.
   */
  readonly out: SendBuffer;
  /** The largest message to accept, in bytes (the service's `maxPacketSize`). */
  readonly maxPacketSize: number;
  /** True if each session is one datagram, whole from the start. */
  readonly datagram: boolean;
  /**
   * True while this side does not read messages, for example because the application has paused the
   * connection or a handler is pending. Do not count the peer's silence then.
   */
  readonly held: boolean;
  /** Set if the peer is one of the service's `trustedProxies`: it may say who the client is. */
  readonly trustedProxies?: TrustedProxies | undefined;
  /**
   * The trusted proxy has named its client: `connection.remoteAddress` from now on. `undefined` if
   * the proxy does not say, so that it stands for its clients.
   */
  setClient?(client: NamedClient | undefined): void;
  /** Sends what was written to `out`, together with everything else written in this turn. */
  flush(): void;
  /** Calls `read` again after the session held back messages or left bytes unread. */
  proceed(): void;
  /** Calls `listener` once, when the send buffer is empty or the connection has ended. */
  onceDrained(listener: () => void): void;
  /**
   * True if bytes wait for the peer, and it has read some of them since the last call. Call it
   * before you give up a peer that should have answered: a slow reader is alive. The check takes a
   * while, so call it only at the end of a time limit.
   *
   * @param patience How many times in a row it may be true although the peer has read none.
   * Default: 0.
   */
  advancing(patience?: number): boolean;
  /**
   * Calls `callback` with `argument` after `delay` ms, unless it is cancelled or the connection
   * ends before. Sharing one callback between connections saves memory.
   */
  after<Argument = undefined>(
    delay: number,
    callback: (argument: Argument) => void,
    argument?: Argument,
  ): SessionTimer;
  /**
   * Ends the connection once everything written has been sent. What the peer still sends is read
   * and dropped for a moment, so that the system does not reset the connection before the peer has
   * read the last bytes.
   */
  close(): void;
  /** Reports `error` to `onError`, sends everything written, then ends the connection. */
  fail(error: Error): void;
  /**
   * Reports that an application function called by the session failed, like an error of a handler,
   * to `onError` and the log, even after the connection has ended. Then ends the connection.
   *
   * @param name What failed: `"onPong"`.
   * @param thrown What it threw, or its promise rejected with.
   */
  handlerFailed(name: string, thrown: unknown): void;
  /**
   * A handler of the connection for an event that only this protocol has: `"onPong"`.
   *
   * @param name Its name among the options of the service.
   * @returns The current handler, or `undefined`.
   */
  handler(name: `on${string}`): ((...values: unknown[]) => unknown) | undefined;
  /**
   * Ends the connection immediately, with a reset if the runtime can send one
   * (`capabilities.reset`), so that the peer notices that data is missing.
   */
  terminate(): void;
  /**
   * Hands the connection over to another protocol, from the next byte on. It can be called within
   * `read`, which then returns {@linkcode MORE}. Messages of the new session go to `handlers`, by
   * default the service's. If given, their `onConnect` is called immediately.
   */
  upgrade<NewIn, NewOut>(
    protocol: Protocol<NewIn, NewOut>,
    handlers?: UpgradeHandlers<NewIn, NewOut>,
  ): Session<NewIn, NewOut>;
}

/**
 * The handlers of a connection from {@linkcode SessionContext.upgrade} on: they replace the
 * service's handlers.
 *
 * @typeParam In What `onMessage` receives.
 * @typeParam Out What {@linkcode Connection.send} takes. Default: the same as `In`.
 * @typeParam Peer The type of the connection: some protocols have one of their own.
 */
export interface UpgradeHandlers<In, Out = In, Peer = Connection<Out>> {
  /** The connection now uses the new protocol. */
  onConnect?: (connection: Peer) => unknown;
  /** A message has arrived. */
  onMessage?: (connection: Peer, message: In) => unknown;
  /** The connection has ended. `error` is the reason if it broke, `status` how the peer closed. */
  onClose?: (connection: Peer, error?: Error, status?: CloseStatus) => unknown;
}

/** A timer of a session: see {@linkcode SessionContext.after}. */
export interface SessionTimer {
  /** Cancels the timer. Cancelling twice is safe. */
  cancel(): void;
  /** Restarts it with the same delay or another one, in ms. */
  reset(delay?: number): void;
}
