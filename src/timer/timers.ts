/**
 * Timers for a server: a million of them, each added, cancelled and restarted in constant time,
 * with one native timer.
 *
 * @module
 */

import { logFault } from "../calls.ts";
import { checkNumber } from "../numbers.ts";
import {
  ANY,
  BOOLEAN,
  checkOptions,
  FUNCTION,
  hasMethods,
  NUMBER,
  OBJECT,
  type OptionSet,
  type OptionType,
  TEXT,
} from "../option_types.ts";
import { Alarm, type NextDate } from "./alarm.ts";
import { type Clock, SystemClock } from "./clock.ts";
import { parseCron, signalOfWorker } from "./cron.ts";
import { closedError, Scheduler, type TimerErrorHandler } from "./scheduler.ts";
import { Sleep } from "./sleep.ts";
import { REPEATS, type Timer, type TimerCallback, WheelTimer, wholeDelay } from "./timer.ts";

export type { Clock, Timer, TimerCallback, TimerErrorHandler };

/** Options of a {@linkcode TimingWheel}. */
export interface TimingWheelOptions {
  /**
   * The length of a tick, in whole ms. Timers are rounded up to it: with a longer tick, the process
   * wakes less often.
   *
   * @default {1}
   */
  tick?: number;
  /**
   * Receives errors of callbacks as the `cause` of a `GoerError`. Default: logs to the console.
   */
  onError?: TimerErrorHandler;
  /** The source of time. Default: the monotonic clock and the native timers of the runtime. */
  clock?: Clock;
}

/** Options of {@linkcode TimingWheel.sleep}. */
export interface SleepOptions {
  /** Cancels the timer when the signal is aborted. */
  signal?: AbortSignal;
  /**
   * Whether the pending timer keeps the process alive.
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
  /** The argument of the callback, so that many timers can share one function. */
  argument?: Argument;
}

/**
 * Options of {@linkcode TimingWheel.cron}.
 *
 * @typeParam Argument What the callback is called with.
 */
export interface CronOptions<Argument = undefined> extends TimerOptions<Argument> {
  /** The time zone of the expression, such as `"Europe/Vienna"`. Default: the system's. */
  timeZone?: string;
  /**
   * The number of the one worker that calls `callback`, from 0 up: in the others the timer never
   * becomes pending, and in this one only until it stops or a reload replaces it. A process without a
   * supervisor counts as worker 0. On Deno, `GOER_START` must be allowed to be read.
   * Default: each process that sets the timer calls it.
   */
  worker?: number;
}

/**
 * A hierarchical timing wheel.
 *
 * Delays are in ms, from 0 to 8.64e15, fractions rounded up. No timer fires early, and none more
 * than one tick late, unless the process is busy or suspended: then everything that has become due
 * fires once, in order. Timers of the same tick fire in the order in which they were armed. The
 * time is monotonic: changing the system's clock has no effect.
 *
 * @example
 * ```ts
 * import { TimingWheel } from "@goer/goer";
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
   * Creates a wheel.
   *
   * @param options The tick, the receiver of errors, the clock.
   * @throws {GoerError} `GOER_INVALID_ARGUMENT` if an option is unknown or not valid: `tick` is a
   * whole number from 1 to 86,400,000.
   */
  constructor(options: TimingWheelOptions = {}) {
    checkOptions(options, { of: "TimingWheel", types: TYPES });
    const { tick = 1, onError = logFault, clock = new SystemClock() } = options;
    checkNumber("tick", tick, [1, MAX_TICK]);
    this.#scheduler = new Scheduler(clock, tick, onError);
  }

  /** How many timers are pending. */
  get size(): number {
    return this.#scheduler.size;
  }

  /** How many callbacks are running: those whose promise is pending. */
  get running(): number {
    return this.#scheduler.calls;
  }

  /** Resolves when no callback is running. */
  idle(): Promise<void> {
    return this.#scheduler.idle();
  }

  /** Whether {@linkcode TimingWheel.close} was called. */
  get closed(): boolean {
    return this.#scheduler.closed;
  }

  /**
   * Calls `callback` once, after `delay` ms.
   *
   * @typeParam Argument The type of the argument of `callback`.
   * @param delay In ms. 0 is the next tick.
   * @param callback What to call.
   * @param options `argument`, `signal`, `ref`.
   * @returns The timer.
   * @throws {GoerError} `GOER_TIMERS_CLOSED` after {@linkcode TimingWheel.close}.
   * @throws {RangeError} If `delay` is negative, NaN or over 8.64e15.
   * @throws {TypeError} If `delay` is not a number or `callback` not a function.
   */
  after<Argument = undefined>(
    delay: number,
    callback: TimerCallback<Argument>,
    options?: TimerOptions<Argument>,
  ): Timer {
    return this.#start(delay, callback as TimerCallback<unknown>, 0, options);
  }

  /**
   * Calls `callback` every `period` ms, the first time after one period. It does not drift: each
   * call is scheduled from the first. A call is skipped while the promise of the last call is
   * pending, or while the process was suspended.
   *
   * @typeParam Argument The type of the argument of `callback`.
   * @param period In ms, at least one tick.
   * @param callback What to call.
   * @param options `argument`, `signal`, `ref`.
   * @returns The timer.
   * @throws {GoerError} `GOER_TIMERS_CLOSED` after {@linkcode TimingWheel.close}.
   * @throws {RangeError} If `period` is negative, NaN or over 8.64e15.
   * @throws {TypeError} If `period` is not a number or `callback` not a function.
   */
  every<Argument = undefined>(
    period: number,
    callback: TimerCallback<Argument>,
    options?: TimerOptions<Argument>,
  ): Timer {
    return this.#start(period, callback as TimerCallback<unknown>, REPEATS, options);
  }

  /**
   * Calls `callback` once, at a date. A date in the past is the next tick. If the system's clock is
   * changed or the machine sleeps, the timer adapts within a minute.
   *
   * @typeParam Argument The type of the argument of `callback`.
   * @param date When: a date, or ms since 1970.
   * @param callback What to call.
   * @param options `argument`, `signal`, `ref`.
   * @returns The timer. Its `reset()` arms it for the same date, `reset(delay)` for `delay` ms from
   * now.
   * @throws {GoerError} `GOER_TIMERS_CLOSED` after {@linkcode TimingWheel.close}.
   * @throws {RangeError} If `date` is not a valid date.
   * @throws {TypeError} If `date` is not a date or `callback` not a function.
   */
  at<Argument = undefined>(
    date: Date | number,
    callback: TimerCallback<Argument>,
    options: TimerOptions<Argument> = {},
  ): Timer {
    checkOptions(options, TIMER);
    return this.#startAlarm(
      validDate(date),
      callback as TimerCallback<unknown>,
      () => undefined,
      options,
    );
  }

  /**
   * Calls `callback` at each date that matches a cron expression, also across changes to and from
   * summer time. If the system's clock is changed, it adapts like {@linkcode TimingWheel.at}. A
   * date is skipped while the promise of the last call is pending.
   *
   * @example Every day at 3 o'clock in Vienna, in one worker only
   * ```ts
   * import { timers } from "@goer/goer";
   *
   * const backup = timers.cron("0 3 * * *", () => console.log("saving"), {
   *   timeZone: "Europe/Vienna",
   *   worker: 0,
   * });
   * backup.cancel();
   * ```
   *
   * @typeParam Argument The type of the argument of `callback`.
   * @param expression Minute, hour, day, month and weekday, or six fields with the second first.
   * @param callback What to call.
   * @param options `timeZone`, `worker`, `argument`, `signal`, `ref`.
   * @returns The timer. Its `reset()` arms it for the next date, `reset(delay)` for `delay` ms from
   * now and then for the dates after.
   * @throws {GoerError} `GOER_TIMERS_CLOSED` after {@linkcode TimingWheel.close}.
   * @throws {RangeError} If `expression`, `timeZone` or `worker` is not valid, or no date matches.
   * @throws {TypeError} If `callback` is not a function.
   */
  cron<Argument = undefined>(
    expression: string,
    callback: TimerCallback<Argument>,
    options: CronOptions<Argument> = {},
  ): Timer {
    checkOptions(options, CRON);
    const next = parseCron(expression, options.timeZone);
    const signal = signalOfWorker(options.worker, options.signal);
    const first = next(this.#scheduler.date());
    return this.#startAlarm(first ?? 0, callback as TimerCallback<unknown>, next, {
      ...options,
      signal,
    });
  }

  /**
   * Waits.
   *
   * @param delay In ms. 0 is the next tick.
   * @param options `signal`, `ref`.
   * @returns A promise that resolves after `delay` ms. It rejects with the signal's reason if the
   * signal is aborted, with `GOER_TIMERS_CLOSED` if the wheel is closed, and with a `RangeError` or
   * `TypeError` if `delay` is not valid.
   */
  sleep(delay: number, options: SleepOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      checkOptions(options, SLEEP);
      if (this.#scheduler.closed) throw closedError();
      options.signal?.throwIfAborted();
      const timer = new Sleep(this.#scheduler, wholeDelay(delay), resolve, reject);
      this.#prepare(timer, options);
      this.#scheduler.arm(timer);
    });
  }

  /**
   * Cancels the timer with this id.
   *
   * @param id The {@linkcode Timer.id}.
   * @returns Whether it was pending.
   */
  delete(id: number): boolean {
    return this.#scheduler.find(id)?.cancel() ?? false;
  }

  /**
   * Cancels all timers. No timer can be added any more. Closing twice is safe.
   *
   * @returns The number of timers that were pending.
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
    if (options !== undefined) checkOptions(options, TIMER);
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

  #startAlarm(
    date: number,
    callback: TimerCallback<unknown>,
    next: NextDate,
    options: TimerOptions<unknown>,
  ): Timer {
    this.#check(callback);
    const alarm = new Alarm(this.#scheduler, date, callback, options.argument, next);
    this.#prepare(alarm, options);
    alarm.approach();
    return alarm;
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

const TYPES: Readonly<Record<keyof TimingWheelOptions, OptionType>> = {
  clock: OBJECT,
  onError: FUNCTION,
  tick: NUMBER,
};

const SLEEP_TYPES: Readonly<Record<keyof SleepOptions, OptionType>> = {
  ref: BOOLEAN,
  signal: ["an AbortSignal", (value) => hasMethods(value, "addEventListener", "throwIfAborted")],
};
const TIMER_TYPES: Readonly<Record<keyof TimerOptions, OptionType>> = {
  ...SLEEP_TYPES,
  argument: ANY,
};
const CRON_TYPES: Readonly<Record<keyof CronOptions, OptionType>> = {
  ...TIMER_TYPES,
  timeZone: TEXT,
  // `signalOfWorker` checks the value.
  worker: ANY,
};
const SLEEP: OptionSet = { of: "sleep", types: SLEEP_TYPES };
const TIMER: OptionSet = { of: "a timer", types: TIMER_TYPES };
const CRON: OptionSet = { of: "cron", types: CRON_TYPES };

/** A day. A longer tick would be useless, and exceed the range of native timers. */
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

/**
 * The default wheel of the process.
 *
 * @example
 * ```ts
 * import { timers } from "@goer/goer";
 *
 * const timer = timers.after(60_000, () => console.log("a minute later"));
 * timer.cancel();
 * ```
 */
export const timers: TimingWheel = new TimingWheel();
