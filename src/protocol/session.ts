/**
 * One connection's side of a protocol.
 *
 * @module
 */

import type { ReceiveBuffer, SendBuffer } from "./buffers.ts";
import type { CloseStatus } from "./connection.ts";

/** What {@linkcode Session.read} returns if no whole message has arrived yet. */
export const MORE: unique symbol = Symbol("more");

/**
 * What {@linkcode Session.read} returns to leave bytes unread, for example while a request waits
 * for its response. The connection then stops reading from the peer until the session calls
 * {@linkcode SessionContext.proceed}.
 */
export const HOLD: unique symbol = Symbol("hold");

/**
 * One connection's side of a protocol.
 *
 * The connection calls {@linkcode Session.read} repeatedly and handles each message before it reads
 * the next. It does not read while a handler's promise is pending or the send buffer is full. Bytes
 * of the peer then wait in the buffer, and then in the system.
 */
export interface Session<In, Out = In> {
  /**
   * Takes the next message out of `buffer`, or returns {@linkcode MORE} or {@linkcode HOLD}. Views
   * into the buffer are valid until the handler of the message returns.
   *
   * @throws {ProtocolError} If the bytes can never become a message. Bytes already written to
   * `context.out`, such as an error response, are still sent. Then the connection closes.
   */
  read(buffer: ReceiveBuffer): In | typeof MORE | typeof HOLD;
  /**
   * Appends `message` to `out`. Throws if the message cannot be encoded.
   *
   * @param shared Set if one message goes to many connections. The session can store the encoded
   * message there under its own key, and reuse it for the next receiver.
   */
  write(message: Out, out: SendBuffer, shared?: Map<unknown, Uint8Array>): void;
  /**
   * `message` is not sent, because the connection is closing or its send buffer is full. The
   * session owns the message: release what it holds, such as a stream or a file.
   */
  refuse?(message: Out): void;
  /**
   * `onMessage` has returned a value for `message`, or its promise has resolved to one: it may be
   * the answer. Without this method the value is ignored.
   *
   * @throws {TypeError} If the value is meant as an answer and cannot be one.
   */
  returned?(message: In, value: unknown): void;
  /**
   * True if the peer caused the error that a handler threw, such as an invalid body. It then goes
   * to `onError` as it is and not to the log, which any peer could fill.
   */
  isPeersFault?(thrown: unknown): boolean;
  /**
   * True during the session's handshake. `onConnect` waits until a session that is not opening
   * takes over ({@linkcode SessionContext.upgrade}). If the connection ends before that, neither
   * `onConnect` nor `onClose` is called.
   */
  readonly opening?: boolean;
  /**
   * True while bytes still belong to the last message, such as a body that its handler reads as a
   * stream. `read` is then called even while the handler is pending.
   */
  readonly streaming?: boolean;
  /**
   * Messages wait, and their connection reads no further than a little ahead: look at what has come
   * behind them, take nothing, and write to `context.out` what cannot wait. Without this method what comes
   * meanwhile is not looked at.
   */
  lookAhead?(buffer: ReceiveBuffer): void;
  /**
   * True if nothing can be sent any more, though messages that came before are still given:
   * `send` then says `"closed"`.
   */
  readonly sealed?: boolean;
  /**
   * The peer has ended its side. Called immediately, even while earlier messages wait for a
   * handler. {@linkcode Session.end} follows when they have been read.
   */
  peerEnded?(): void;
  /**
   * The peer has ended its side; `buffer` holds what made no whole message. The connection stays
   * open for what is still to be answered: the session ends it (`context.close()`).
   * Without this method it ends at once.
   */
  end?(buffer: ReceiveBuffer): void;
  /**
   * The service stops gracefully: end the connection (`context.close()`) as soon as nothing is in
   * progress. Without this method, a connection stays open until its peer ends it or the timeout is
   * over.
   */
  drain?(): void;
  /**
   * True while it sends something that has no end of its own, such as a stream of events: a graceful stop
   * then closes the connection in its turn.
   */
  readonly endless?: boolean;
  /**
   * The connection is about to end: append a last message to `out`, such as a closing frame.
   *
   * @param reason `"close"`: the application calls `close()`; `"restart"`: the timeout of a
   * graceful stop is over; `"error"`: a handler threw, or a message could not be encoded.
   * @returns True if the peer's answer is to be awaited: the connection then goes on to `read`,
   * drops the messages it gives, and ends at the session's `context.close()`. The session bounds
   * that wait itself. `"sending"` if the session still sends, whether or not the peer ends its side.
   * @param error With `"error"`: what was thrown.
   */
  closing?(
    out: SendBuffer,
    reason: "close" | "restart" | "error",
    error?: unknown,
  ): boolean | "sending" | void;
  /**
   * The connection has ended: release the session's resources.
   *
   * @returns How the peer closed, if the protocol has that. `onClose` receives it.
   */
  closed?(error?: Error): CloseStatus | void;
}
