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
   * Called instead of `write` if the connection is closing or its send buffer is full. The session
   * owns the message: release its resources, such as a stream or a file.
   */
  refuse?(message: Out): void;
  /**
   * `onMessage` has returned a value for `message`, or its promise has resolved to one: it may be
   * the response. Without this method the value is ignored.
   *
   * @throws {TypeError} If the value is meant as a response and cannot be one.
   */
  returned?(message: In, value: unknown): void;
  /**
   * Called instead of `onMessage` if the client has sent too many messages, or is denied: the
   * session answers `message`. Without this method, messages wait, and a denied client is
   * disconnected.
   *
   * @param retryAfter In how many seconds the client may try again; `undefined` if never.
   */
  reject?(message: In, retryAfter: number | undefined): void;
  /**
   * True if the peer caused the error that a handler threw, such as an invalid body. The error then
   * goes unchanged to `onError` and not to the log, which any peer could fill.
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
   * Messages are waiting, and only a little is read ahead: inspect what has arrived after them,
   * consume nothing, and write urgent replies to `context.out`. Without this method, bytes that
   * arrive meanwhile are not inspected.
   */
  lookAhead?(buffer: ReceiveBuffer): void;
  /**
   * True if nothing can be sent any more, although earlier messages are still handled: `send` then
   * returns `"closed"`.
   */
  readonly sealed?: boolean;
  /**
   * The peer has ended its side. Called immediately, even while earlier messages wait for a
   * handler. {@linkcode Session.end} follows when they have been read.
   */
  peerEnded?(): void;
  /**
   * The peer has ended its side; `buffer` holds an incomplete message. The connection stays open
   * for pending replies until the session ends it (`context.close()`). Without this method it ends
   * immediately.
   */
  end?(buffer: ReceiveBuffer): void;
  /**
   * The service stops gracefully: end the connection (`context.close()`) as soon as nothing is in
   * progress. Without this method, a connection stays open until its peer ends it or the time is
   * up.
   */
  drain?(): void;
  /**
   * True while the session sends something without an end, such as an event stream: a graceful stop
   * then closes the connection when its turn comes.
   */
  readonly endless?: boolean;
  /**
   * The connection is about to end: append a last message to `out`, such as a closing frame.
   *
   * @param reason `"close"`: the application has called `close()`; `"restart"`: the time of a
   * graceful stop is up; `"error"`: a handler threw, or a message could not be encoded.
   * @param error With `"error"`: what was thrown.
   * @returns True to wait for the peer's reply: the connection continues to call `read`, drops the
   * messages, and ends when the session calls `context.close()`. The session limits this wait itself.
   * `"sending"` if the session still sends, even if the peer ends its side.
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
