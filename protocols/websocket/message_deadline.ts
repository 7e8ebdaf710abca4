/**
 * Limits how long a message may take to arrive.
 *
 * @module
 */

import type { SessionContext, SessionTimer } from "../../src/protocol/protocol.ts";

/** The part of a connection's context that is used here. */
type Context = Pick<SessionContext<never, never>, "after" | "held">;

/**
 * Limits the time of messages that arrive in parts. A message that arrives whole needs no timer.
 */
export class MessageDeadline {
  readonly #context: Context;
  readonly #limit: number;
  readonly #expired: () => void;
  #timer: SessionTimer | undefined;
  #running = false;

  /**
   * @param context The connection.
   * @param limit How long a message may take, in ms.
   * @param expired Called once a message has taken longer.
   */
  constructor(context: Context, limit: number, expired: () => void) {
    this.#context = context;
    this.#limit = limit;
    this.#expired = expired;
  }

  /** Part of a message has arrived. */
  begin(): void {
    if (this.#running) return;
    this.#running = true;
    if (this.#timer === undefined) {
      this.#timer = this.#context.after(this.#limit, () => this.#look());
    } else this.#timer.reset(this.#limit);
  }

  /** The message is complete. */
  end(): void {
    if (!this.#running) return;
    this.#running = false;
    this.#timer!.cancel();
  }

  #look(): void {
    // While this side does not read, the peer cannot send the rest.
    if (this.#context.held) this.#timer!.reset(this.#limit);
    else this.#expired();
  }
}
