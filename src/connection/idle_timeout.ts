/**
 * Detects connections that neither send nor receive.
 *
 * @module
 */

import { type Timer, timers } from "../timer/timers.ts";
import { Outflow, type OutflowOf } from "./outflow.ts";

/** How many times per time limit a connection is checked. The limit is accurate to a quarter. */
const LOOKS = 4;

/** The connection to watch. */
export interface IdleTimeoutTarget extends OutflowOf {
  /** A number that changes when bytes move. */
  readonly progress: number;
  /** Nothing has moved for the whole time limit. Returns true to watch on. */
  stalled(): boolean;
}

/**
 * Checks a connection now and then, so that moving bytes does not touch a timer.
 */
export class IdleTimeout {
  readonly #target: IdleTimeoutTarget;
  readonly #timer: Timer;
  #progress: number;
  #looks = 0;
  /** How many more time limits the peer gets while bytes wait for it; undefined until closing. */
  #patience: number | undefined;
  #outflow: Outflow | undefined;

  /**
   * @param target What to watch.
   * @param limit The time without progress, in ms, before it calls `stalled`.
   */
  constructor(target: IdleTimeoutTarget, limit: number) {
    this.#target = target;
    this.#progress = target.progress;
    this.#timer = timers.after(limit / LOOKS, look, { argument: this, ref: false });
  }

  /**
   * Starts to watch a connection that is closing.
   *
   * @param limit The time without progress, in ms, before it calls `stalled`.
   * @param patience How many more time limits the peer gets while bytes wait for it.
   */
  close(limit: number, patience: number): void {
    this.#looks = 0;
    this.#patience = patience;
    this.#timer.reset(limit / LOOKS);
  }

  /** Lowers the patience to at most this. */
  hurry(patience: number): void {
    this.#patience = Math.min(this.#patience ?? patience, patience);
  }

  /** Stops watching. */
  cancel(): void {
    this.#timer.cancel();
  }

  look(): void {
    if (this.#moves()) this.#looks = 0;
    else if (++this.#looks >= this.#limit && !this.#target.stalled()) return;
    this.#timer.reset();
  }

  /** How many checks in a row may see no progress. */
  get #limit(): number {
    const hasBytes = this.#outflow !== undefined && this.#outflow.waiting > 0;
    return hasBytes ? LOOKS * (1 + (this.#patience ?? 0)) : LOOKS;
  }

  #moves(): boolean {
    const { progress } = this.#target;
    const moved = progress !== this.#progress;
    this.#progress = progress;
    // On an idle connection, the system is queried only before it would be closed.
    if (moved || (this.#patience === undefined && this.#looks < LOOKS - 2)) return moved;
    return (this.#outflow ??= new Outflow()).moves(this.#target);
  }
}

function look(timeout: IdleTimeout): void {
  timeout.look();
}

/** See {@linkcode patienceOf}. */
const LINGER_PATIENCE = 4;
const LAST_PATIENCE = 0.75;

/**
 * How many more times `lingerTimeout` a closing connection waits while bytes wait for the peer: the
 * system seldom shows that a slow peer still reads (see `src/runtime/sockets/system_queue.ts`).
 *
 * @param reason Why it closes: on a `"restart"` the process should end soon.
 */
export function patienceOf(reason: "close" | "restart" | "error"): number {
  return reason === "restart" ? LAST_PATIENCE : LINGER_PATIENCE;
}
