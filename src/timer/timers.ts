/**
 * Timers for a server: a million of them, added, cancelled and armed anew in constant time, on one
 * native timer.
 *
 * @module
 */

import type { GoerError } from "../errors.ts";
import { Alarm } from "./alarm.ts";
import { type Clock, SystemClock } from "./clock.ts";
import { closedError, Scheduler, type TimerErrorHandler } from "./scheduler.ts";
import { Sleep } from "./sleep.ts";
import { REPEATS, type Timer, type TimerCallback, WheelTimer, wholeDelay } from "./timer.ts";

export type { Clock, Timer, TimerCallback, TimerErrorHandler };

/** Options of a {@linkcode TimingWheel}. */
export interface TimingWheelOptions {
  /**
   * The length of a tick, in whole ms. Timers are rounded up to it: a longer tick lets more timers
   * fire at one waking.
   *
   * @default {1}
   */
  tick?: number;
  /**
   * Receives what callbacks throw, or reject with, as the `cause` of a `GoerError`.
   * Default: it is written to the console.
   */
  onError?: TimerErrorHandler;
  /** Where time comes from. Default: the monotonic clock and the native timers of the runtime. */
  clock?: Clock;
}

/** Options of {@linkcode TimingWheel.sleep}. */
export interface SleepOptions {
  /** Ends it early: the timer is cancelled when the signal is aborted. */
  signal?: AbortSignal;
  /**
   * Whether the process lives on while the timer is pending.
   *
   * @default {true}
   */
  ref?: boolean;
}

/**
 * Options of a timer.
 *
 * @typeParam Argument What the callback is called with.
 */
export interface TimerOptions<Argument = undefined> extends SleepOptions {
  /** What the callback is called with: thousands of timers can share one function. */
  argument?: Argument;
}

/**
 * A hierarchical timing wheel.
 *
 * Delays are in ms, from 0 to 8.64e15, fractions rounded up. No timer fires early, and none more
 * than one tick late, unless the process is kept busy or suspended: then what has become due fires
 * once, in order. Timers due at one tick fire in the order in which they were armed. The time is
 * monotonic: setting the system's clock does no harm.
 *
 * @example
 * ```ts
 * import { TimingWheel } from "./timers.ts";
 *
 * const wheel = new TimingWheel({ onError: (error) => console.error(error.cause) });
 * const beat = wheel.every(30_000, () => console.log("still here"));
 * await wheel.sleep(5);
 * beat.cancel();
 * ```
 */
export class TimingWheel {
  readonly #scheduler: Scheduler;

  /**
   * @param options The tick, the receiver of errors, the clock.
   * @throws {RangeError} Where `tick` is not a whole number from 1 to 86,400,000.
   */
  constructor(options: TimingWheelOptions = {}) {
    const { tick = 1, onError = logError, clock = new SystemClock() } = options;
    if (!Number.isInteger(tick) || tick < 1 || tick > MAX_TICK) {
      throw new RangeError(
        `Cannot make the timing wheel: the tick ${tick} is not a whole number from 1 to ${MAX_TICK}`,
      );
    }
    this.#scheduler = new Scheduler(clock, tick, onError);
  }

  /** How many timers are pending. */
  get size(): number {
    return this.#scheduler.size;
  }

  /**
   * Calls `callback` once, after `delay` ms.
   *
   * @typeParam Argument What `callback` is called with.
   * @param delay In ms. 0 is the next tick.
   * @param callback What to call.
   * @param options `argument`, `signal`, `ref`.
   * @returns The timer.
   * @throws {GoerError} `GOER_TIMERS_CLOSED` after {@linkcode TimingWheel.close}.
   * @throws {RangeError} Where `delay` is negative, NaN or over 8.64e15.
   * @throws {TypeError} Where `delay` is not a number or `callback` not a function.
   */
  after<Argument = undefined>(
    delay: number,
    callback: TimerCallback<Argument>,
    options?: TimerOptions<Argument>,
  ): Timer {
    return this.#start(delay, callback as TimerCallback<unknown>, 0, options);
  }

  /**
   * Calls `callback` every `period` ms, for the first time after one period. It does not drift: the
   * times are counted from the first. A time that comes while the promise of the last call is
   * pending, or while the process was suspended, is passed over.
   *
   * @typeParam Argument What `callback` is called with.
   * @param period In ms, at least one tick.
   * @param callback What to call.
   * @param options `argument`, `signal`, `ref`.
   * @returns The timer.
   * @throws {GoerError} `GOER_TIMERS_CLOSED` after {@linkcode TimingWheel.close}.
   * @throws {RangeError} Where `period` is negative, NaN or over 8.64e15.
   * @throws {TypeError} Where `period` is not a number or `callback` not a function.
   */
  every<Argument = undefined>(
    period: number,
    callback: TimerCallback<Argument>,
    options?: TimerOptions<Argument>,
  ): Timer {
    return this.#start(period, callback as TimerCallback<unknown>, REPEATS, options);
  }

  /**
   * Calls `callback` once, at a date. A date in the past is the next tick. Where the system's clock
   * is set, or the machine sleeps, the timer follows within a minute.
   *
   * @typeParam Argument What `callback` is called with.
   * @param date When: a date, or ms since 1970.
   * @param callback What to call.
   * @param options `argument`, `signal`, `ref`.
   * @returns The timer. Its `reset()` arms it for the same date, `reset(delay)` for `delay` ms from
   * now.
   * @throws {GoerError} `GOER_TIMERS_CLOSED` after {@linkcode TimingWheel.close}.
   * @throws {RangeError} Where `date` is not a valid date.
   * @throws {TypeError} Where `date` is not a date or `callback` not a function.
   */
  at<Argument = undefined>(
    date: Date | number,
    callback: TimerCallback<Argument>,
    options: TimerOptions<Argument> = {},
  ): Timer {
    this.#check(callback);
    const alarm = new Alarm(
      this.#scheduler,
      validDate(date),
      callback as TimerCallback<unknown>,
      options.argument,
      () => undefined,
    );
    this.#prepare(alarm, options);
    alarm.approach();
    return alarm;
  }

  /**
   * Waits.
   *
   * @param delay In ms. 0 is the next tick.
   * @param options `signal`, `ref`.
   * @returns A promise that is fulfilled after `delay` ms. It is rejected with the signal's reason
   * where that is aborted, with `GOER_TIMERS_CLOSED` where the wheel is closed, and with a
   * `RangeError` or `TypeError` where `delay` is not valid.
   */
  sleep(delay: number, options: SleepOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#scheduler.closed) throw closedError();
      options.signal?.throwIfAborted();
      const timer = new Sleep(this.#scheduler, wholeDelay(delay), resolve, reject);
      this.#prepare(timer, options);
      this.#scheduler.arm(timer);
    });
  }

  /**
   * Cancels the timer of that number.
   *
   * @param id What {@linkcode Timer.id} has said.
   * @returns Whether it was pending.
   */
  delete(id: number): boolean {
    return this.#scheduler.find(id)?.cancel() ?? false;
  }

  /**
   * Forgets all timers for good: none fires any more, and no other can be added. Closing twice does
   * no harm.
   *
   * @returns How many were pending.
   */
  close(): number {
    return this.#scheduler.close();
  }

  #start(
    delay: number,
    callback: TimerCallback<unknown>,
    flags: number,
    options: TimerOptions<unknown> | undefined,
  ): Timer {
    this.#check(callback);
    const timer = new WheelTimer(
      this.#scheduler,
      wholeDelay(delay),
      callback,
      options?.argument,
      flags,
    );
    if (options !== undefined) this.#prepare(timer, options);
    this.#scheduler.arm(timer);
    return timer;
  }

  #check(callback: unknown): void {
    if (typeof callback !== "function") {
      throw new TypeError(
        `Cannot set the timer: the callback ${String(callback)} is not a function`,
      );
    }
    if (this.#scheduler.closed) throw closedError();
  }

  #prepare(timer: WheelTimer, options: SleepOptions): void {
    if (options.ref === false) timer.unref();
    if (options.signal !== undefined) this.#scheduler.watch(timer, options.signal);
  }
}

/** A day: a longer tick would be of no use, and the native timer could not wait for a slot of it. */
const MAX_TICK = 86_400_000;

function validDate(date: Date | number): number {
  if (typeof date !== "number" && !(date instanceof Date)) {
    throw new TypeError(`Cannot set the timer: ${String(date)} is not a date`);
  }
  const time = new Date(date).getTime();
  if (Number.isNaN(time)) {
    throw new RangeError(`Cannot set the timer: ${String(date)} is not a valid date`);
  }
  return time;
}

function logError(error: GoerError): void {
  console.error(error);
}

/**
 * The wheel that is at hand in every process.
 *
 * @example
 * ```ts
 * import { timers } from "./timers.ts";
 *
 * const timer = timers.after(60_000, () => console.log("a minute later"));
 * timer.cancel();
 * ```
 */
export const timers: TimingWheel = new TimingWheel();
