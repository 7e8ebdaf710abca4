/**
 * The only module that reads a clock or sets a native timer.
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
 * How late a native timer must be, in ms, to show that the loop was blocked or the process stopped.
 * Then received data is processed before late callbacks are called.
 */
const LATE = 10;
/** How long the loop then has to read, in ms: at least one turn. */
const READING_TIME = 5;
/** How many times in a row the loop gets this time, if it is late again. */
const MAX_READINGS = 5;

/**
 * The clock of a {@linkcode TimingWheel}. Pass your own to test timers without waiting.
 */
export interface Clock {
  /** Monotonic time, in ms since any moment, with fractions. */
  now(): number;
  /** The date, in ms since 1970. It can be set forwards and backwards. */
  date(): number;
  /**
   * Calls `wake` once, after `delay` ms or later. Replaces the previous call. Keeps the process
   * alive until then, unless {@linkcode Clock.hold} was called with false.
   */
  arm(delay: number, wake: () => void): void;
  /** Cancels the call. */
  disarm(): void;
  /** Sets whether the pending call keeps the process alive. */
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
   * Sets the native timer, replacing the previous one. If the loop was blocked or the process
   * stopped when it was due, `wake` is called after received data could be read.
   *
   * @param delay In ms. If it is over 2^31 - 1, the timer wakes earlier.
   */
  arm(delay: number, wake: () => void): void {
    this.disarm();
    this.#wake = wake;
    this.#alive = true;
    this.#readings = 0;
    this.#start(delay);
  }

  /** Cancels the native timer. */
  disarm(): void {
    if (this.#native !== undefined) clearNativeTimer(this.#native);
    this.#native = undefined;
  }

  /**
   * Sets whether the pending call keeps the process alive.
   *
   * @param alive True to keep it alive.
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
