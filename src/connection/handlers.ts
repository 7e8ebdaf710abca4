/**
 * What an application answers to.
 *
 * @module
 */

import type { GoerError } from "../errors.ts";
import type { CloseStatus, Connection } from "../protocol/connection.ts";

/**
 * The handlers of a service. A handler that returns a promise holds back the connection's next
 * message until it settles. One that throws or rejects costs its own connection only.
 *
 * @typeParam In What `onMessage` receives.
 * @typeParam Out What {@linkcode Connection.send} takes.
 * @typeParam State What the application keeps in {@linkcode Connection.state}.
 * @typeParam Peer The type of connections: some protocols have one of their own.
 */
export interface Handlers<In, Out, State = unknown, Peer = Connection<Out, State>> {
  /** A peer has connected. Streams only. */
  onConnect?: ((connection: Peer) => unknown) | undefined;
  /** A message has arrived. Views in it are valid until the handler has returned or settled. */
  onMessage?: ((connection: Peer, message: In) => unknown) | undefined;
  /**
   * A connection is gone. Streams only.
   *
   * @param error Why, where it broke.
   * @param status How the peer closed, with a code and a reason: WebSocket only.
   */
  onClose?: ((connection: Peer, error?: Error, status?: CloseStatus) => unknown) | undefined;
  /**
   * Something went wrong on a connection: the peer broke the protocol, a handler threw, a message
   * was refused. What the application itself does wrong (a handler or a protocol throws) is also
   * written to the console, with its stack; so is what this handler throws, or rejects with.
   */
  onError?: ((connection: Peer, error: GoerError) => unknown) | undefined;
  /** `maxSendBufferSize` bytes wait: the peer reads more slowly than the application sends. */
  onBufferFull?: ((connection: Peer) => unknown) | undefined;
  /** The send buffer has emptied after it was full. */
  onBufferDrain?: ((connection: Peer) => unknown) | undefined;
}
