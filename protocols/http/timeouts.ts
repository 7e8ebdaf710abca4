/**
 * Time-outs of a peer, with one timer per connection.
 *
 * @module
 */

import type { SessionContext, SessionTimer } from "../../src/protocol/protocol.ts";
import { refreshDate } from "./date.ts";
import type { HttpSettings } from "./settings.ts";

/**
 * What the peer has to send: a head, a body, any request, a request that is on its way when the
 * service stops; or the next piece of a stream whose client has ended its side.
 */
export type Awaited = "head" | "body" | "idle" | "drain" | "piece";

/**
 * How long an idle connection stays open when a drain begins, in ms. A request that was sent at
 * this moment gets a response with `Connection: close`, because clients do not repeat all requests.
 */
const DRAIN_TIMEOUT = 500;

/**
 * How long a stream may be silent after its client has ended its side, in ms. Most of these clients
 * have disconnected, which only a write would show; the others still read.
 */
const SILENCE_TIMEOUT = 2000;

/**
 * A response up to this size counts as sent immediately, in bytes, because the system has room for
 * it.
 */
const MAX_SMALL_SIZE = 16_384;

/** The owner of {@linkcode Timeouts}. */
export interface TimeoutHandlers {
  /** The peer has taken too long. */
  expired(awaited: Awaited): void;
}

/**
 * Stores when a wait begins, which costs as much as storing two values. The timer is not reset for
 * every request. When it fires, it checks how much of the wait is left.
 */
export class Timeouts {
  readonly #settings: HttpSettings;
  readonly #owner: TimeoutHandlers;
  readonly #timer: SessionTimer;
  #awaited: Awaited | undefined = "head";
  #since: number;
  /** The duration of earlier waits of this request, in ms. */
  #spent = 0;
  #due: number;

  /**
   * @param context The connection.
   * @param settings The options with the time-outs.
   * @param owner Receives expirations.
   */
  constructor(
    context: SessionContext<never, never>,
    settings: HttpSettings,
    owner: TimeoutHandlers,
  ) {
    this.#settings = settings;
    this.#owner = owner;
    this.#since = refreshDate();
    const limit = this.#limit("head");
    this.#due = this.#since + limit;
    this.#timer = context.after(limit, Timeouts.#ring, this);
  }

  /** What is awaited from the peer; `undefined` while the peer waits. */
  get awaited(): Awaited | undefined {
    return this.#awaited;
  }

  /** Begins a wait. */
  begin(awaited: Awaited, now: number = refreshDate()): void {
    if (awaited !== "body") this.#spent = 0;
    else if (this.#awaited === "body") this.#spent += now - this.#since;
    this.#awaited = awaited;
    this.#since = now;
    const limit = this.#limit(awaited);
    if (this.#due > now + limit) this.#set(now, Math.max(limit, 1));
  }

  /** A response of this size has been accepted: the wait begins when it has been sent. */
  leaves(size: number, context: SessionContext<never, never>): void {
    if (size <= MAX_SMALL_SIZE) return;
    context.onceDrained(() => {
      if (this.#awaited !== undefined) this.begin(this.#awaited);
    });
  }

  /** Ends the wait. Another may begin in the same request. */
  end(): void {
    if (this.#awaited === "head" || this.#awaited === "body") {
      this.#spent += refreshDate() - this.#since;
    }
    this.#awaited = undefined;
  }

  /** Cancels the timer. */
  cancel(): void {
    this.#awaited = undefined;
    this.#timer.cancel();
  }

  /** The time limit of a wait, in ms. */
  #limit(awaited: Awaited): number {
    const { headerTimeout, bodyTimeout, requestTimeout, keepAliveTimeout } = this.#settings;
    switch (awaited) {
      case "head":
        return Math.min(headerTimeout, requestTimeout);
      case "body":
        return Math.min(bodyTimeout, requestTimeout - this.#spent);
      case "idle":
        return keepAliveTimeout;
      case "drain":
        return Math.min(DRAIN_TIMEOUT, keepAliveTimeout);
      case "piece":
        return SILENCE_TIMEOUT;
    }
  }

  /** One function for all timers, to keep idle connections small. */
  static #ring(timeouts: Timeouts): void {
    timeouts.#look();
  }

  #look(): void {
    const now = refreshDate();
    const limit = this.#limit(this.#awaited ?? "idle");
    const left = this.#awaited === undefined ? limit : this.#since + limit - now;
    if (left > 0) this.#set(now, Math.min(left, limit));
    else this.#owner.expired(this.#awaited!);
  }

  #set(now: number, delay: number): void {
    this.#due = now + delay;
    this.#timer.reset(delay);
  }
}
