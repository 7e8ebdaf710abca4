/**
 * Notices connections on which nothing moves any more.
 *
 * @module
 */

import { type Timer, timers } from "../timer/timers.ts";

/** How many times in a time limit a connection is looked at: it is kept to a quarter exactly. */
const LOOKS = 4;

/** What is watched. */
export interface Watched {
  /** Any number that changes as bytes move. */
  readonly progress: number;
  /** Nothing has moved for the whole time limit. Returns true where it is to be watched further. */
  stalled(): boolean;
}

/**
 * Looks at a connection now and then, so that bytes that move cost no timer anything.
 */
export class Watch {
  readonly #watched: Watched;
  readonly #timer: Timer;
  #progress: number;
  #looks = 0;

  /**
   * @param watched What to watch.
   * @param limit After how long without progress to say so, in ms.
   */
  constructor(watched: Watched, limit: number) {
    this.#watched = watched;
    this.#progress = watched.progress;
    this.#timer = timers.after(limit / LOOKS, look, { argument: this, ref: false });
  }

  /** Watches with another time limit, from now on. */
  reset(limit: number): void {
    this.#looks = 0;
    this.#timer.reset(limit / LOOKS);
  }

  /** Watches no more. */
  cancel(): void {
    this.#timer.cancel();
  }

  look(): void {
    const { progress } = this.#watched;
    if (progress !== this.#progress) {
      this.#progress = progress;
      this.#looks = 0;
    } else if (++this.#looks >= LOOKS) {
      this.#looks = 0;
      if (!this.#watched.stalled()) return;
    }
    this.#timer.reset();
  }
}

function look(watch: Watch): void {
  watch.look();
}
