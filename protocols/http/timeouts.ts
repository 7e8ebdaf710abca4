/**
 * How long a peer is waited for, by one timer for each connection.
 *
 * @module
 */

import type { SessionContext, SessionTimer } from "../../src/protocol/protocol.ts";
import { refreshDate } from "./date.ts";
import type { HttpSettings } from "./settings.ts";

/**
 * What is waited for: a head, a body, any request at all, one that is on its way as the service stops, or
 * the next piece of a stream whose client has ended its side.
 */
export type Awaited = "head" | "body" | "idle" | "drain" | "piece";

/**
 * How long an idle connection outlives the beginning of a drain, in ms. A request that its client sends
 * in that very moment is answered, with `Connection: close`: clients do not send all requests again.
 */
const DRAIN_TIMEOUT = 500;

/**
 * How long a stream may be silent once its client has ended its side, in ms. Most such clients are gone,
 * which only a write would show; the others read on.
 */
const SILENCE_TIMEOUT = 2000;

/** A response up to this size has left when it is given, in bytes: the system has room for it. */
const MAX_SMALL_SIZE = 16_384;

/** What {@linkcode Timeouts} call. */
export interface TimeoutHandlers {
  /** The peer has taken too long. */
  expired(awaited: Awaited): void;
}

/**
 * Notes when a wait begins, which costs no more than storing two values: the timer is not moved
 * with every request, it looks when it fires how much of the wait is left.
 */
export class Timeouts {
  readonly #settings: HttpSettings;
  readonly #owner: TimeoutHandlers;
  readonly #timer: SessionTimer;
  #awaited: Awaited | undefined = "head";
  #since: number;
  /** How long the earlier waits of this request took, in ms. */
  #spent = 0;
  #due: number;

  /**
   * @param context The connection.
   * @param settings The time-outs.
   * @param owner Whom to tell.
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

  /** What the peer is waited for; `undefined` while it is the peer that waits. */
  get awaited(): Awaited | undefined {
    return this.#awaited;
  }

  /** A wait begins. */
  begin(awaited: Awaited, now: number = refreshDate()): void {
    if (awaited !== "body") this.#spent = 0;
    else if (this.#awaited === "body") this.#spent += now - this.#since;
    this.#awaited = awaited;
    this.#since = now;
    const limit = this.#limit(awaited);
    if (this.#due > now + limit) this.#set(now, Math.max(limit, 1));
  }

  /** The response that has been given has this size: the wait begins when it has left. */
  leaves(size: number, context: SessionContext<never, never>): void {
    if (size <= MAX_SMALL_SIZE) return;
    context.onceDrained(() => {
      if (this.#awaited !== undefined) this.begin(this.#awaited);
    });
  }

  /** The wait is over; another may begin in the same request. */
  end(): void {
    if (this.#awaited === "head" || this.#awaited === "body") {
      this.#spent += refreshDate() - this.#since;
    }
    this.#awaited = undefined;
  }

  /** Forgets the timer. */
  cancel(): void {
    this.#awaited = undefined;
    this.#timer.cancel();
  }

  /** How long is waited, in ms. */
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

  /** One function for all: an idle connection is to be small. */
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
