/**
 * A timer, both for users and as an entry of the wheel.
 *
 * @module
 */

import type { Entry } from "./wheel.ts";

/**
 * The callback of a timer. If it returns a promise, the timer does not call it again until the
 * promise has settled.
 *
 * @typeParam Argument The type of its argument.
 */
export type TimerCallback<Argument = undefined> = (argument: Argument) => unknown;

/**
 * A timer on a {@linkcode TimingWheel}.
 *
 * @example A timeout that restarts at each sign of life
 * ```ts
 * import { timers } from "@goer/goer";
 *
 * const silence = timers.after(5_000, () => console.log("no answer"));
 * silence.reset(); // A sign of life: 5 s from now.
 * silence.cancel(); // The answer has arrived.
 * ```
 */
export interface Timer {
  /** The id for {@linkcode TimingWheel.delete}, from 1, assigned when first read. */
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

/** What a timer needs from its scheduler. */
export interface TimerScheduler {
  /** The date, in ms since 1970. */
  date(): number;
  /** The time until the tick `due`, in ms. */
  until(due: number): number;
  /** Arms a timer for its delay from now, even if it is armed already. */
  arm(timer: WheelTimer): void;
  /** Arms a timer that has just fired for its next period, counted from when it was due. */
  repeat(timer: WheelTimer): void;
  /** Removes a pending timer. */
  remove(timer: WheelTimer): void;
  /** Sets whether a timer keeps the process alive while it is pending. */
  hold(timer: WheelTimer, alive: boolean): void;
  /** The id of a timer, assigned at the first call. */
  identify(timer: WheelTimer): number;
}

/**
 * A timer as an entry of the wheel. There can be a million: rare data (an id, a signal) is stored
 * elsewhere, and it holds no closure.
 */
export class WheelTimer implements Timer, Entry {
  /** The tick at which it is due. */
  due = 0;
  /** The order among timers of one tick. */
  sequence = 0;
  /** The next timer in its slot. */
  next: Entry = this;
  /** The previous timer in its slot. */
  previous: Entry = this;
  /** What arms and fires it. */
  readonly scheduler: TimerScheduler;
  /** In ms, whole. */
  delay: number;
  /** The callback, called with {@linkcode WheelTimer.argument}. */
  readonly callback: TimerCallback<unknown>;
  /** What the callback is called with. */
  readonly argument: unknown;
  /** Bits: {@linkcode REPEATS}, {@linkcode RUNNING}, {@linkcode UNREFERENCED}, {@linkcode HAS_EXTRAS}. */
  flags: number;

  /**
   * @param scheduler What arms and fires it.
   * @param delay In ms, whole.
   * @param callback What it calls.
   * @param argument The argument of the callback.
   * @param flags A combination of the bits above.
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

  /** An id for {@linkcode TimingWheel.delete}. */
  get id(): number {
    return this.scheduler.identify(this);
  }

  /** True until it fires or is cancelled. */
  get pending(): boolean {
    return this.next !== this;
  }

  /** The time until it fires, in ms. */
  get remaining(): number {
    return this.pending ? this.scheduler.until(this.due) : 0;
  }

  /** True if it keeps the process alive while it is pending. */
  get hasRef(): boolean {
    return (this.flags & UNREFERENCED) === 0;
  }

  /** Forgets it. */
  cancel(): boolean {
    if (!this.pending) return false;
    this.scheduler.remove(this);
    return true;
  }

  /** Arms it again. */
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
   * It is due: arms it for the next time, if there is one.
   *
   * @returns True if its callback must be called.
   */
  expire(): boolean {
    if (this.flags & REPEATS) this.scheduler.repeat(this);
    return true;
  }

  /**
   * It will never fire.
   *
   * @param _reason Why.
   */
  abandon(_reason: unknown): void {}
}

/** Rare data of timers: an id that was read, a signal that cancels it. */
export class TimerExtras {
  /** 0 until it is read. */
  id = 0;
  /** What cancels the timer. */
  signal: AbortSignal | undefined;
  readonly #timer: WheelTimer;

  /**
   * @param timer The timer.
   */
  constructor(timer: WheelTimer) {
    this.#timer = timer;
  }

  /**
   * The timer is about to be armed.
   *
   * @param byId Pending timers by id.
   * @returns False if its signal was aborted.
   */
  armed(byId: Map<number, WheelTimer>): boolean {
    if (this.signal?.aborted) return false;
    this.signal?.addEventListener("abort", this);
    if (this.id > 0) byId.set(this.id, this.#timer);
    return true;
  }

  /**
   * The timer has fired or was cancelled: drops all references to it.
   *
   * @param byId Pending timers by id.
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

/**
 * The longest delay, in ms: the range of `Date`, about 270,000 years, which a number holds exactly.
 */
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
