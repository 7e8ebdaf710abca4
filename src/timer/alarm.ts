/**
 * Timers on the date: `at` and `cron`.
 *
 * @module
 */

import { type TimerCallback, type TimerScheduler, WheelTimer, wholeDelay } from "./timer.ts";

/**
 * How often, at least, a timer on the date compares it with the clock, in ms: so much later it fires
 * at worst where the clock was set forwards, or the machine slept, which monotonic time may leave out.
 */
const DATE_CHECK_INTERVAL = 60_000;

/**
 * A date after another one, both in ms since 1970.
 *
 * @param date The other one.
 * @returns The next date, or `undefined` where there is none.
 */
export type NextDate = (date: number) => number | undefined;

/** A timer that fires at a date, or at one date after the other. */
export class Alarm extends WheelTimer {
  readonly #next: NextDate;
  #date: number;

  /**
   * @param scheduler What arms and fires it.
   * @param date When it fires first, in ms since 1970.
   * @param callback What it calls.
   * @param argument What it calls that with.
   * @param next When it fires after a date.
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

  /** Arms it anew: for its date, or for `delay` ms from now. */
  override reset(delay?: number): this {
    const now = this.scheduler.date();
    this.#date = delay === undefined ? this.#next(now) ?? this.#date : now + wholeDelay(delay);
    this.approach();
    return this;
  }

  /** Arms it for its date, or for the next look at the clock on the way there. */
  approach(): void {
    const remaining = Math.max(0, this.#date - this.scheduler.date());
    this.delay = Math.min(remaining, DATE_CHECK_INTERVAL);
    this.scheduler.arm(this);
  }

  /** Its date has come, or it is time to look at the clock. */
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
