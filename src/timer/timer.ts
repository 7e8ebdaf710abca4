/**
 * One timer: what users hold, and what the wheel links.
 *
 * @module
 */

import type { Entry } from "./wheel.ts";

/**
 * The callback of a timer. If it returns a promise, the timer does not call it again until that has settled.
 *
 * @typeParam Argument What it is called with.
 */
export type TimerCallback<Argument = undefined> = (argument: Argument) => unknown;

/**
 * A timer on a {@linkcode TimingWheel}.
 *
 * @example An answer that is waited for no longer than 5 s after each sign of life
 * ```ts
 * import { timers } from "@goer/goer";
 *
 * const silence = timers.after(5_000, () => console.log("no answer"));
 * silence.reset(); // It has shown a sign of life: 5 s from now on.
 * silence.cancel(); // The answer is there.
 * ```
 */
export interface Timer {
  /** The id for {@linkcode TimingWheel.delete}, from 1 up, assigned when first read. */
  readonly id: number;
  /** True until it fires or is cancelled. */
  readonly pending: boolean;
  /** Time until it fires, in ms, never negative. 0 if it is not pending. */
  readonly remaining: number;
  /** Whether it keeps the process alive while it is pending. */
  readonly hasRef: boolean;
  /**
   * Cancels it. Cancelling twice, after it fired or in its own callback is safe.
   *
   * @returns Whether it was pending.
   */
  cancel(): boolean;
  /**
   * Restarts it from now, whether it is pending, has fired or was cancelled.
   *
   * @param delay In ms; for a repeating timer the new period. Default: the same as before.
   * @returns The timer itself.
   * @throws {RangeError} If `delay` is negative, NaN or infinite.
   * @throws {TypeError} If `delay` is not a number.
   */
  reset(delay?: number): this;
  /** Lets the timer keep the process alive while it is pending, which is the default. */
  ref(): this;
  /** Lets the process end while the timer is pending. */
  unref(): this;
}

/** {@linkcode WheelTimer.flags}: it is armed again each time it fires. */
export const REPEATS = 1;
/** {@linkcode WheelTimer.flags}: the promise of its callback is pending. */
export const RUNNING = 2;
/** {@linkcode WheelTimer.flags}: it does not keep the process alive. */
export const UNREFERENCED = 4;
/** {@linkcode WheelTimer.flags}: the scheduler keeps {@linkcode TimerExtras} of it. */
export const HAS_EXTRAS = 8;

/** What a timer asks of the scheduler that arms and fires it. */
export interface TimerScheduler {
  /** The date, in ms since 1970. */
  date(): number;
  /** Time until the tick `due`, in ms. */
  until(due: number): number;
  /** Arms a timer for its delay from now on, whether or not it is armed already. */
  arm(timer: WheelTimer): void;
  /** Arms a timer that has just fired for its next period, counted from when it was due. */
  repeat(timer: WheelTimer): void;
  /** Removes a pending timer. */
  remove(timer: WheelTimer): void;
  /** Says whether a timer keeps the process alive while it is pending. */
  hold(timer: WheelTimer, alive: boolean): void;
  /** The number of a timer, issued at the first call. */
  identify(timer: WheelTimer): number;
}

/**
 * The timer as the wheel links it. There may be a million of these: what few have (an id, a signal)
 * is kept apart, and there is no closure in it.
 */
export class WheelTimer implements Timer, Entry {
  /** The tick at which it is due. */
  due = 0;
  /** The order among timers of one tick. */
  sequence = 0;
  /** The timer after it in its slot. */
  next: Entry = this;
  /** The timer before it in its slot. */
  previous: Entry = this;
  /** What arms and fires it. */
  readonly scheduler: TimerScheduler;
  /** In ms, whole. */
  delay: number;
  /** What it calls, with {@linkcode WheelTimer.argument}. */
  readonly callback: TimerCallback<unknown>;
  /** What the callback is called with. */
  readonly argument: unknown;
  /** Bits: {@linkcode REPEATS}, {@linkcode RUNNING}, {@linkcode UNREFERENCED}, {@linkcode HAS_EXTRAS}. */
  flags: number;

  /**
   * @param scheduler What arms and fires it.
   * @param delay In ms, whole.
   * @param callback What it calls.
   * @param argument What it calls that with.
   * @param flags What it is.
   */
  constructor(
    scheduler: TimerScheduler,
    delay: number,
    callback: TimerCallback<unknown>,
    argument: unknown,
    flags: number,
  ) {
    this.scheduler = scheduler;
    this.delay = delay;
    this.callback = callback;
    this.argument = argument;
    this.flags = flags;
  }

  /** A number for {@linkcode TimingWheel.delete}. */
  get id(): number {
    return this.scheduler.identify(this);
  }

  /** True until it fires or is cancelled. */
  get pending(): boolean {
    return this.next !== this;
  }

  /** Time until it fires, in ms. */
  get remaining(): number {
    return this.pending ? this.scheduler.until(this.due) : 0;
  }

  /** Whether it keeps the process alive while it is pending. */
  get hasRef(): boolean {
    return (this.flags & UNREFERENCED) === 0;
  }

  /** Forgets it. */
  cancel(): boolean {
    if (!this.pending) return false;
    this.scheduler.remove(this);
    return true;
  }

  /** Arms it anew. */
  reset(delay?: number): this {
    if (delay !== undefined) this.delay = wholeDelay(delay);
    this.scheduler.arm(this);
    return this;
  }

  /** Lets it keep the process alive. */
  ref(): this {
    this.scheduler.hold(this, true);
    return this;
  }

  /** Lets the process end although it is pending. */
  unref(): this {
    this.scheduler.hold(this, false);
    return this;
  }

  /**
   * Its tick has come: arms it for the next time, where there is one.
   *
   * @returns Whether its callback is to be called.
   */
  expire(): boolean {
    if (this.flags & REPEATS) this.scheduler.repeat(this);
    return true;
  }

  /**
   * It is never going to fire.
   *
   * @param _reason Why.
   */
  abandon(_reason: unknown): void {}
}

/** What few timers have: an id that was asked for, a signal that cancels it. */
export class TimerExtras {
  /** 0: not asked for. */
  id = 0;
  /** What cancels the timer. */
  signal: AbortSignal | undefined;
  readonly #timer: WheelTimer;

  /**
   * @param timer Whose it is.
   */
  constructor(timer: WheelTimer) {
    this.#timer = timer;
  }

  /**
   * The timer is going to be armed.
   *
   * @param byId Where pending timers with an id stand.
   * @returns Whether it may be: not after its signal was aborted.
   */
  armed(byId: Map<number, WheelTimer>): boolean {
    if (this.signal?.aborted) return false;
    this.signal?.addEventListener("abort", this);
    if (this.id > 0) byId.set(this.id, this.#timer);
    return true;
  }

  /**
   * The timer has fired or was cancelled: nothing keeps it any more.
   *
   * @param byId Where pending timers with an id stand.
   */
  released(byId: Map<number, WheelTimer>): void {
    this.signal?.removeEventListener("abort", this);
    byId.delete(this.id);
  }

  /** The signal is aborted. */
  handleEvent(): void {
    this.#timer.cancel();
    this.#timer.abandon(this.signal!.reason);
  }
}

/** The longest delay, in ms: the range of `Date`, some 270,000 years, which is exact in a number. */
const MAX_DELAY = 8.64e15;

/**
 * Checks a delay and rounds it up to whole ms, at least 1.
 *
 * @param delay In ms.
 * @returns The delay in whole ms.
 * @throws {RangeError} If `delay` is negative, NaN or over 8.64e15.
 * @throws {TypeError} If `delay` is not a number.
 */
export function wholeDelay(delay: number): number {
  if (typeof delay !== "number") {
    throw new TypeError(`Cannot set the timer: the delay ${String(delay)} is not a number`);
  }
  if (!(delay >= 0 && delay <= MAX_DELAY)) {
    throw new RangeError(`Cannot set the timer: the delay ${delay} is not between 0 and 8.64e15`);
  }
  return Math.max(1, Math.ceil(delay));
}
