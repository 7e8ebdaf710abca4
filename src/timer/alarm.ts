/**
 * Timers for a date: `at` and `cron`.
 *
 * @module
 */

import { type TimerCallback, type TimerScheduler, WheelTimer, wholeDelay } from "./timer.ts";

/**
 * How often, at least, a timer for a date checks the clock, in ms. If the clock is set forwards or
 * the machine sleeps (which monotonic time may not count), the timer fires at most this late.
 */
const DATE_CHECK_INTERVAL = 60_000;

/**
 * Returns the next date after another one, both in ms since 1970.
 *
 * @param date The other date.
 * @returns The next date, or `undefined` if there is none.
 */
export type NextDate = (date: number) => number | undefined;

/** A timer that fires at one date, or repeatedly at the next date. */
export class Alarm extends WheelTimer {
  readonly #next: NextDate;
  #date: number;

  /**
   * @param scheduler What arms and fires it.
   * @param date When it first fires, in ms since 1970.
   * @param callback What it calls.
   * @param argument The argument of the callback.
   * @param next Returns the date of the next call.
   */
  constructor(
    scheduler: TimerScheduler,
    date: number,
    callback: TimerCallback<unknown>,
    argument: unknown,
    next: NextDate,
  ) {
    super(scheduler, 0, callback, argument, 0);
    this.#date = date;
    this.#next = next;
  }

  /** Time until its date, in ms. */
  override get remaining(): number {
    return this.pending ? Math.max(0, this.#date - this.scheduler.date()) : 0;
  }

  /** Arms it again: for its date, or for `delay` ms from now. */
  override reset(delay?: number): this {
    const now = this.scheduler.date();
    this.#date = delay === undefined ? this.#next(now) ?? this.#date : now + wholeDelay(delay);
    this.approach();
    return this;
  }

  /** Arms it for its date, or for the next check of the clock before that. */
  approach(): void {
    const remaining = Math.max(0, this.#date - this.scheduler.date());
    this.delay = Math.min(remaining, DATE_CHECK_INTERVAL);
    this.scheduler.arm(this);
  }

  /** Its date has come, or the clock must be checked. */
  override expire(): boolean {
    const now = this.scheduler.date();
    if (now < this.#date) {
      this.approach();
      return false;
    }
    const next = this.#next(now);
    if (next !== undefined) {
      this.#date = next;
      this.approach();
    }
    return true;
  }
}
