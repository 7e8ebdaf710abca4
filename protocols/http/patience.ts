/**
 * How long a peer is waited for, by one timer for each connection.
 *
 * @module
 */

import type { SessionContext, SessionTimer } from "../protocol.ts";
import { refreshDate } from "./date.ts";
import type { HttpSettings } from "./options.ts";

/**
 * What the peer is waited for: a head, a body, any request at all, or one that is on its way as the
 * service stops.
 */
export type Awaited = "head" | "body" | "idle" | "drain";

/**
 * How long an idle connection outlives the beginning of a drain, in ms. A request that its client sends
 * in that very moment is answered, with `Connection: close`: clients do not send all requests again.
 */
const DRAIN_TIMEOUT = 500;

/**
 * Notes when a wait begins, which costs no more than storing two values: the timer is not moved
 * with every request, it looks when it fires how much of the wait is left.
 */
export class Patience {
  readonly #limits: Readonly<Record<Awaited, number>>;
  readonly #onExpired: (awaited: Awaited) => void;
  readonly #timer: SessionTimer;
  #awaited: Awaited | undefined = "head";
  #since: number;
  #due: number;

  /**
   * @param context The connection.
   * @param settings The time-outs.
   * @param onExpired Called when the peer has taken too long.
   */
  constructor(
    context: SessionContext<never, never>,
    settings: HttpSettings,
    onExpired: (awaited: Awaited) => void,
  ) {
    const { headerTimeout, bodyTimeout, keepAliveTimeout } = settings;
    const drain = Math.min(DRAIN_TIMEOUT, keepAliveTimeout);
    this.#limits = { head: headerTimeout, body: bodyTimeout, idle: keepAliveTimeout, drain };
    this.#onExpired = onExpired;
    this.#since = refreshDate();
    this.#due = this.#since + headerTimeout;
    this.#timer = context.after(headerTimeout, () => this.#look());
  }

  /** What the peer is waited for; `undefined` while it is the peer that waits. */
  get awaited(): Awaited | undefined {
    return this.#awaited;
  }

  /** A wait begins. */
  begin(awaited: Awaited, now: number = refreshDate()): void {
    this.#awaited = awaited;
    this.#since = now;
    const limit = this.#limits[awaited];
    if (this.#due > now + limit) this.#set(now, limit);
  }

  /** The wait is over. */
  end(): void {
    this.#awaited = undefined;
  }

  /** Forgets the timer. */
  cancel(): void {
    this.#timer.cancel();
  }

  #look(): void {
    const now = refreshDate();
    const limit = this.#limits[this.#awaited ?? "idle"];
    const left = this.#awaited === undefined ? limit : this.#since + limit - now;
    if (left > 0) this.#set(now, Math.min(left, limit));
    else this.#onExpired(this.#awaited!);
  }

  #set(now: number, delay: number): void {
    this.#due = now + delay;
    this.#timer.reset(delay);
  }
}
