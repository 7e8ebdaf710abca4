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
} from "../runtime/native_timer.ts";

/**
 * What a {@linkcode TimingWheel} asks of time. Give a wheel one of your own to test what depends on
 * timers without waiting.
 */
export interface Clock {
  /** Time that never jumps or goes back, in ms since any moment, fractions included. */
  now(): number;
  /** The date, in ms since 1970: it may be set forwards and backwards. */
  date(): number;
  /**
   * Calls `wake` once, after `delay` ms or later, in the place of what was armed before.
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

  /** Monotonic time, in ms since the process began. */
  now(): number {
    return performance.now();
  }

  /** The date, in ms since 1970. */
  date(): number {
    return Date.now();
  }

  /**
   * Arms the one native timer, in the place of what was armed before.
   *
   * @param delay After how long, in ms. Over 2^31 - 1 it wakes earlier.
   * @param wake What to call.
   */
  arm(delay: number, wake: () => void): void {
    this.disarm();
    this.#native = startNativeTimer(wake, nativeDelay(delay));
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
    if (this.#native !== undefined) holdNativeTimer(this.#native, alive);
  }
}
