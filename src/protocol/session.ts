/**
 * One connection's side of a protocol.
 *
 * @module
 */

import type { ReceiveBuffer, SendBuffer } from "./buffers.ts";
import type { CloseStatus } from "./connection.ts";

/** What {@linkcode Session.read} returns while no whole message is there. */
export const MORE: unique symbol = Symbol("more");

/**
 * What {@linkcode Session.read} returns where it leaves bytes unread on purpose: the answer to a
 * request that waits has not been given, a body is not being read. The connection then receives no
 * more from the peer until the session calls {@linkcode SessionContext.proceed}.
 */
export const HOLD: unique symbol = Symbol("hold");

/**
 * One connection's side of a protocol.
 *
 * The connection calls {@linkcode Session.read} again and again, handling each message before it
 * asks for the next. While a handler's promise is pending, or the send buffer is full, it does not
 * ask, and what the peer sends meanwhile waits in the buffer and then in the system.
 */
export interface Session<In, Out = In> {
  /**
   * Takes the next message out of `buffer`, or returns {@linkcode MORE} or {@linkcode HOLD}. Views
   * into the buffer are valid until the handler of the message returns.
   *
   * @throws {ProtocolError} If the bytes can never become a message. What the session has written
   * to `context.out` before (an error reply) is still sent, then the connection closes.
   */
  read(buffer: ReceiveBuffer): In | typeof MORE | typeof HOLD;
  /**
   * Appends `message` to `out`. Throws where the message cannot be encoded.
   *
   * @param shared Given where one message goes to many connections: the session may keep there,
   * under a key of its own, what it made of the message, and find it there for the next receiver.
   */
  write(message: Out, out: SendBuffer, shared?: Map<unknown, Uint8Array>): void;
  /**
   * `message` is not sent: the connection is closing, or as much waits already as may. Release what it
   * holds, such as a stream or a file: the session owns each message it is given.
   */
  refuse?(message: Out): void;
  /**
   * True if what a handler threw is the peer's doing: a body that breaks the protocol, say. `onError`
   * is then told of it as it is, and the log is not, which any peer could fill.
   */
  isPeersFault?(thrown: unknown): boolean;
  /**
   * True while the session still shakes hands: `onConnect` waits until a session that is not
   * opening has taken over ({@linkcode SessionContext.upgrade}), and a connection that ends before
   * that was never seen by the application's `onConnect` and `onClose`.
   */
  readonly opening?: boolean;
  /**
   * True while bytes still belong to the message given last (a body that its handler reads as a
   * stream): `read` is then asked even while that message's handler is pending.
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
   * The peer has ended its side. Called at once, also while messages that it sent before wait for a
   * handler; {@linkcode Session.end} follows when they have been read.
   */
  peerEnded?(): void;
  /**
   * The peer has ended its side; `buffer` holds what made no whole message. The connection stays
   * open for what is still to be answered: the session ends it (`context.close()`).
   * Without this method it ends at once.
   */
  end?(buffer: ReceiveBuffer): void;
  /**
   * The service stops gracefully: end the connection (`context.close()`) at the next moment at which
   * nothing is in hand. Without this method a connection lives on until its peer ends it, or the
   * time for the drain is up.
   */
  drain?(): void;
  /**
   * The connection is about to end: last words to `out` (a closing frame).
   *
   * @param reason `"close"`: the application calls `close()`; `"restart"`: the time for the drain
   * is up; `"error"`: a handler threw, or a message could not be encoded.
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
   * The connection has ended: release what the session holds.
   *
   * @returns How the peer closed, in a protocol that tells: `onClose` receives it.
   */
  closed?(error?: Error): CloseStatus | void;
}
