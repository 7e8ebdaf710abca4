/**
 * What an application answers to.
 *
 * @module
 */

import type { GoerError } from "../errors.ts";
import type { Connection } from "../protocol/connection.ts";

/**
 * The handlers of a service. A handler that returns a promise holds back the connection's next
 * message until it settles. One that throws or rejects costs its own connection only.
 *
 * @typeParam In What `onMessage` receives.
 * @typeParam Out What {@linkcode Connection.send} takes.
 * @typeParam State What the application keeps in {@linkcode Connection.state}.
 */
export interface Handlers<In, Out, State = unknown> {
  /** A peer has connected. Streams only. */
  onConnect?: ((connection: Connection<Out, State>) => unknown) | undefined;
  /** A message has arrived. Views in it are valid until the handler has returned or settled. */
  onMessage?: ((connection: Connection<Out, State>, message: In) => unknown) | undefined;
  /** A connection is gone; `error` says why where it broke. Streams only. */
  onClose?: ((connection: Connection<Out, State>, error?: Error) => unknown) | undefined;
  /**
   * Something went wrong on a connection: the peer broke the protocol, a handler threw, a message
   * was refused. What the application itself does wrong (a handler or a protocol throws) is also
   * written to the console, with its stack; so is what this handler throws, or rejects with.
   */
  onError?: ((connection: Connection<Out, State>, error: GoerError) => unknown) | undefined;
  /** `maxSendBufferSize` bytes wait: the peer reads more slowly than the application sends. */
  onBufferFull?: ((connection: Connection<Out, State>) => unknown) | undefined;
  /** The send buffer has emptied after it was full. */
  onBufferDrain?: ((connection: Connection<Out, State>) => unknown) | undefined;
}
