/**
 * Time: the only place that reads a clock or arms a timer of the runtime's own.
 *
 * @module
 */

import { nativeDelay } from "../numbers.ts";
import {
  clearNativeTimer,
  holdNativeTimer,
  type NativeTimer,
  startNativeTimer,
} from "../runtime/process/native_timer.ts";

/**
 * A native timer that is so much late, in ms, tells that the loop was blocked, or the process stopped: what
 * has come meanwhile is read before anything is called late.
 */
const LATE = 10;
/** How long reading has then, in ms: at least one turn of the loop. */
const READING_TIME = 5;
/** How many times in a row it has that, where these are late themselves. */
const MAX_READINGS = 5;

/**
 * The clock of a {@linkcode TimingWheel}. Pass your own to test timers without waiting.
 */
export interface Clock {
  /** Time that never jumps or goes back, in ms since any moment, fractions included. */
  now(): number;
  /** The date, in ms since 1970: it may be set forwards and backwards. */
  date(): number;
  /**
   * Calls `wake` once, after `delay` ms or later. Replaces what was armed before.
   * Keeps the process alive until then, unless {@linkcode Clock.hold} says otherwise.
   */
  arm(delay: number, wake: () => void): void;
  /** Forgets what was armed. */
  disarm(): void;
  /** Says whether what is armed keeps the process alive. */
  hold(alive: boolean): void;
}

/** The clock and one native timer of this process. */
export class SystemClock implements Clock {
  #native: NativeTimer | undefined;
  #wake: () => void = () => {};
  #due = 0;
  #alive = true;
  #readings = 0;
  readonly #ring = () => {
    const isLate = this.now() - this.#due > LATE;
    if (!isLate || this.#readings === MAX_READINGS) return this.#wake();
    this.#readings++;
    this.#start(READING_TIME);
    if (!this.#alive) this.hold(false);
  };

  /** Monotonic time, in ms since the process began. */
  now(): number {
    return performance.now();
  }

  /** The date, in ms since 1970. */
  date(): number {
    return Date.now();
  }

  /**
   * Arms the one native timer, in the place of what was armed before. Where the loop was blocked when it was
   * due, or the process stopped, `wake` is called once what has come meanwhile could be read.
   *
   * @param delay After how long, in ms. Over 2^31 - 1 it wakes earlier.
   * @param wake What to call.
   */
  arm(delay: number, wake: () => void): void {
    this.disarm();
    this.#wake = wake;
    this.#alive = true;
    this.#readings = 0;
    this.#start(delay);
  }

  /** Forgets what was armed. */
  disarm(): void {
    if (this.#native !== undefined) clearNativeTimer(this.#native);
    this.#native = undefined;
  }

  /**
   * Says whether what is armed keeps the process alive.
   *
   * @param alive Whether it does.
   */
  hold(alive: boolean): void {
    this.#alive = alive;
    if (this.#native !== undefined) holdNativeTimer(this.#native, alive);
  }

  #start(delay: number): void {
    this.#due = this.now() + delay;
    this.#native = startNativeTimer(this.#ring, nativeDelay(delay));
  }
}
