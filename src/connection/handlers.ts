/**
 * The handlers of a service.
 *
 * @module
 */

import type { GoerError } from "../errors.ts";
import type { CloseStatus, Connection } from "../protocol/connection.ts";

/**
 * The handlers of a service. A handler that returns a promise holds back the connection's next
 * message until it settles. If it throws or rejects, only its own connection ends.
 *
 * @typeParam In What `onMessage` receives.
 * @typeParam Out What {@linkcode Connection.send} takes.
 * @typeParam State The type of {@linkcode Connection.state}.
 * @typeParam Peer The type of connections: some protocols have one of their own.
 */
export interface Handlers<In, Out, State = unknown, Peer = Connection<Out, State>> {
  /** A peer has connected. Streams only. */
  onConnect?: ((connection: Peer) => unknown) | undefined;
  /** A message has arrived. Views in it are valid until the handler has returned or settled. */
  onMessage?: ((connection: Peer, message: In) => unknown) | undefined;
  /**
   * The peer has ended its side, and all its messages have been handled. Then the connection closes,
   * unless `allowHalfOpen` is set. If the handler returns a promise, the connection closes when it
   * has settled. Streams only, not for HTTP and WebSocket.
   */
  onEnd?: ((connection: Peer) => unknown) | undefined;
  /**
   * A connection has ended. Streams only.
   *
   * @param error The reason, if the connection broke.
   * @param status How the peer closed, with a code and a reason: WebSocket only.
   */
  onClose?: ((connection: Peer, error?: Error, status?: CloseStatus) => unknown) | undefined;
  /**
   * An error on a connection: the peer broke the protocol, a handler threw, a message was refused.
   * If a handler or a protocol throws, Goer also logs the error with its stack. The same goes for
   * an error from this handler.
   */
  onError?: ((connection: Peer, error: GoerError) => unknown) | undefined;
  /** `maxSendBufferSize` bytes are queued: the peer reads more slowly than your application sends. */
  onBufferFull?: ((connection: Peer) => unknown) | undefined;
  /** The send buffer is empty again after it was full. */
  onBufferDrain?: ((connection: Peer) => unknown) | undefined;
}
