/**
 * Notices connections on which nothing moves any more.
 *
 * @module
 */

import { type Timer, timers } from "../timer/timers.ts";
import { Outflow, type OutflowOf } from "./outflow.ts";

/** How many times in a time limit a connection is looked at: it is kept to a quarter exactly. */
const LOOKS = 4;

/** What is target. */
export interface IdleTimeoutTarget extends OutflowOf {
  /** Any number that changes as bytes move. */
  readonly progress: number;
  /** Nothing has moved for the whole time limit. Returns true if it is to be watched further. */
  stalled(): boolean;
}

/**
 * Looks at a connection now and then, so that bytes that move cost no timer anything.
 */
export class IdleTimeout {
  readonly #target: IdleTimeoutTarget;
  readonly #timer: Timer;
  #progress: number;
  #looks = 0;
  /** How many more time limits a peer gets that bytes wait for; undefined until it is closing. */
  #patience: number | undefined;
  #outflow: Outflow | undefined;

  /**
   * @param target What to watch.
   * @param limit After how long without progress to say so, in ms.
   */
  constructor(target: IdleTimeoutTarget, limit: number) {
    this.#target = target;
    this.#progress = target.progress;
    this.#timer = timers.after(limit / LOOKS, look, { argument: this, ref: false });
  }

  /**
   * Watches a connection that closes, from now on.
   *
   * @param limit After how long without progress to say so, in ms.
   * @param patience How many more of these times a peer gets that bytes wait for.
   */
  close(limit: number, patience: number): void {
    this.#looks = 0;
    this.#patience = patience;
    this.#timer.reset(limit / LOOKS);
  }

  /** Has no more patience than this from now on. */
  hurry(patience: number): void {
    this.#patience = Math.min(this.#patience ?? patience, patience);
  }

  /** Watches no more. */
  cancel(): void {
    this.#timer.cancel();
  }

  look(): void {
    if (this.#moves()) this.#looks = 0;
    else if (++this.#looks >= this.#limit && !this.#target.stalled()) return;
    this.#timer.reset();
  }

  /** In how many looks one after the other nothing may move. */
  get #limit(): number {
    const hasBytes = this.#outflow !== undefined && this.#outflow.waiting > 0;
    return hasBytes ? LOOKS * (1 + (this.#patience ?? 0)) : LOOKS;
  }

  #moves(): boolean {
    const { progress } = this.#target;
    const moved = progress !== this.#progress;
    this.#progress = progress;
    // Of an idle connection the system is asked only before it would be closed.
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
 * How many more times `lingerTimeout` a closing connection waits while bytes wait for the peer: one that
 * reads slowly, but steadily, shows it seldom (see `src/runtime/sockets/system_queue.ts`).
 *
 * @param reason Why it closes: at a `"restart"` the process is to end soon.
 */
export function patienceOf(reason: "close" | "restart" | "error"): number {
  return reason === "restart" ? LAST_PATIENCE : LINGER_PATIENCE;
}
