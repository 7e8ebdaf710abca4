/**
 * Arms timers on the wheel, fires those that are due, and keeps one native timer set for the next
 * due slot.
 *
 * @module
 */

import { callApplication, logFault, reasonOf, settledPromise } from "../calls.ts";
import { GoerError } from "../errors.ts";
import { isPromiseLike } from "../promises.ts";
import type { Clock } from "./clock.ts";
import {
  HAS_EXTRAS,
  RUNNING,
  TimerExtras,
  type TimerScheduler,
  UNREFERENCED,
  WheelTimer,
} from "./timer.ts";
import { Wheel } from "./wheel.ts";

/** After this many clock readings with the same result, arming skips the clock. */
const READINGS = 16;
/** How many timers can then be armed per reading. */
const BATCH = 64;

/** Receives the errors of callbacks. */
export type TimerErrorHandler = (error: GoerError) => unknown;

/** The engine of one {@linkcode TimingWheel}. */
export class Scheduler implements TimerScheduler {
  /** Set by {@linkcode Scheduler.close}. No timer can be armed any more. */
  closed = false;
  readonly #clock: Clock;
  readonly #tick: number;
  readonly #onError: TimerErrorHandler;
  readonly #wheel: Wheel<WheelTimer>;
  /** How many pending timers keep the process alive. */
  #held = 0;
  /** The tick that the native timer is set for; Infinity if it is not set. */
  #armed = Infinity;
  /** True if the native timer keeps the process alive. */
  #holding = false;
  /** True if {@linkcode Scheduler.#rearm} will be called anyway. */
  #rearming = false;
  /** The last reading of the clock, in ms, rounded up. */
  #time = 0;
  /** A tick that is over by that reading, or just beginning. */
  #tickBefore = 0;
  /** How many readings in a row had this result. */
  #readings = 0;
  /** The timers armed since the last reading, while arming skips the clock. */
  readonly #batched: WheelTimer[] = [];
  /** How many entries of the batch are valid. */
  #batch = 0;
  /** The tick of the current run. */
  #running = 0;
  #lastId = 0;
  /** Pending timers whose id has been read. */
  readonly #byId = new Map<number, WheelTimer>();
  /** Additional data of the few timers that have any. */
  readonly #extras = new WeakMap<WheelTimer, TimerExtras>();
  /** The promises of callbacks, while they are pending. */
  readonly #calls = new Set<Promise<unknown>>();
  readonly #wake = () => this.#run();

  /**
   * @param clock The source of time.
   * @param tick The length of a tick, in ms.
   * @param onError Receives the errors of callbacks.
   */
  constructor(clock: Clock, tick: number, onError: TimerErrorHandler) {
    this.#clock = clock;
    this.#tick = tick;
    this.#onError = onError;
    this.#wheel = new Wheel(
      Math.floor(clock.now() / tick),
      () => new WheelTimer(this, 0, this.#wake, undefined, 0),
    );
  }

  /** How many timers are pending. */
  get size(): number {
    return this.#wheel.size;
  }

  /** The date, in ms since 1970. */
  date(): number {
    return this.#clock.date();
  }

  /** The time until the tick `due`, in ms. */
  until(due: number): number {
    return Math.max(0, due * this.#tick - this.#clock.now());
  }

  /** Arms a timer for its delay from now, even if it is armed already. */
  arm(timer: WheelTimer): void {
    if (this.closed) return;
    const due = this.#tickAt(this.#present(timer) + timer.delay);
    if (timer.pending) this.#move(timer, due);
    else this.#insert(timer, due, this.#tickBefore);
  }

  /** Arms a timer that has just fired for its next period, counted from when it was due. */
  repeat(timer: WheelTimer): void {
    const period = this.#tickAt(timer.delay);
    // After a long pause it has fired once: missed periods are skipped.
    const periods = Math.max(1, Math.ceil((this.#running + 1 - timer.due) / period));
    this.#insert(timer, timer.due + periods * period, this.#running);
  }

  /** Removes a pending timer. */
  remove(timer: WheelTimer): void {
    this.#wheel.remove(timer);
    this.#release(timer);
  }

  /** Sets whether a timer keeps the process alive while it is pending. */
  hold(timer: WheelTimer, alive: boolean): void {
    if (timer.hasRef === alive) return;
    if (timer.pending) this.#count(alive ? 1 : -1);
    timer.flags ^= UNREFERENCED;
  }

  /** The id of a timer, assigned at the first call. */
  identify(timer: WheelTimer): number {
    const extras = this.#extrasOf(timer);
    if (extras.id === 0) {
      extras.id = ++this.#lastId;
      if (timer.pending) this.#byId.set(extras.id, timer);
    }
    return extras.id;
  }

  /** The pending timer with this id. */
  find(id: number): WheelTimer | undefined {
    return this.#byId.get(id);
  }

  /** Connects a timer that is not pending to a signal that cancels it. */
  watch(timer: WheelTimer, signal: AbortSignal): void {
    this.#extrasOf(timer).signal = signal;
  }

  /** Removes all timers for good and returns how many were pending. */
  close(): number {
    this.closed = true;
    const pending = [...this.#wheel];
    for (const timer of pending) this.remove(timer);
    this.#rearm();
    const reason = closedError();
    for (const timer of pending) timer.abandon(reason);
    return pending.length;
  }

  /** Reports what a callback threw. */
  report(cause: unknown): void {
    const message = `The callback of a timer failed: ${reasonOf(cause)}`;
    const error = new GoerError("GOER_HANDLER", message, { cause });
    callApplication(() => this.#onError(error), logFault);
  }

  /**
   * The current time for arming `timer`, in ms, rounded up.
   *
   * Reading the clock costs more than arming a timer. If a turn of the event loop arms many timers,
   * it is read for one in {@linkcode BATCH}. If the time has changed by then, all timers armed
   * since the last reading are armed again, so that none fires early.
   */
  #present(timer: WheelTimer): number {
    if (this.#batch > 0) {
      if (this.#batch === BATCH) this.#check();
      this.#batched[this.#batch++] = timer;
      return this.#time;
    }
    const time = Math.ceil(this.#clock.now());
    if (time !== this.#time) {
      this.#setTime(time);
      this.#readings = 0;
    } else if (++this.#readings === READINGS) {
      this.#batched[this.#batch++] = timer;
      this.#rearmSoon();
    }
    return time;
  }

  /** Reads the clock. If the time has changed, arms the timers of the batch again. */
  #check(): void {
    const count = this.#batch;
    this.#batch = 0;
    const time = Math.ceil(this.#clock.now());
    if (time === this.#time) return;
    this.#setTime(time);
    for (const timer of this.#batched.slice(0, count)) {
      if (timer.pending) this.#move(timer, this.#tickAt(time + timer.delay));
    }
  }

  /** A time or a duration in ticks, rounded up. */
  #tickAt(time: number): number {
    // A division costs a third of arming a timer, and engines treat its result as a fraction.
    return this.#tick === 1 ? time : Math.ceil(time / this.#tick);
  }

  #setTime(time: number): void {
    this.#time = time;
    this.#tickBefore = Math.floor((time - 1) / this.#tick);
  }

  #move(timer: WheelTimer, due: number): void {
    this.#wheel.move(timer, due, this.#tickBefore);
    if (this.#wheel.wake < this.#armed) this.#rearmSoon();
  }

  #insert(timer: WheelTimer, due: number, now: number): void {
    if (timer.flags & HAS_EXTRAS && !this.#extras.get(timer)!.armed(this.#byId)) return;
    this.#wheel.insert(timer, due, now);
    if ((timer.flags & UNREFERENCED) === 0) this.#held++;
    if (this.#wheel.wake < this.#armed || this.#held === 1) this.#rearmSoon();
  }

  /** Updates the bookkeeping when a timer has left the wheel. */
  #release(timer: WheelTimer): void {
    if (timer.flags & HAS_EXTRAS) this.#extras.get(timer)!.released(this.#byId);
    if ((timer.flags & UNREFERENCED) === 0) this.#held--;
    if (this.#held === 0) this.#rearmSoon();
  }

  #count(change: number): void {
    this.#held += change;
    this.#rearmSoon();
  }

  /** The native timer has fired: calls what is due. */
  #run(): void {
    this.#armed = Infinity;
    this.#rearming = true;
    // Read once: what callbacks arm is due later, so the run ends.
    this.#running = Math.floor(this.#clock.now() / this.#tick);
    let timer: WheelTimer | undefined;
    while ((timer = this.#wheel.take(this.#running)) !== undefined) this.#fire(timer);
    this.#rearm();
  }

  #fire(timer: WheelTimer): void {
    this.#release(timer);
    if (!timer.expire()) return;
    if (timer.flags & RUNNING) {
      if (!timer.pending) this.arm(timer);
      return;
    }
    try {
      const { callback } = timer;
      const result = callback(timer.argument);
      if (isPromiseLike(result)) this.#follow(timer, result);
    } catch (error) {
      this.report(error);
    }
  }

  /** How many promises of callbacks are pending. */
  get calls(): number {
    return this.#calls.size;
  }

  /** Resolves when none is. */
  async idle(): Promise<void> {
    while (this.#calls.size > 0) await Promise.all(this.#calls);
  }

  #follow(timer: WheelTimer, result: PromiseLike<unknown>): void {
    timer.flags |= RUNNING;
    const call: Promise<unknown> = settledPromise(result)
      .catch((error) => this.report(error))
      .finally(() => {
        timer.flags &= ~RUNNING;
        this.#calls.delete(call);
      });
    this.#calls.add(call);
  }

  #extrasOf(timer: WheelTimer): TimerExtras {
    let extras = this.#extras.get(timer);
    if (extras === undefined) {
      extras = new TimerExtras(timer);
      this.#extras.set(timer, extras);
      timer.flags |= HAS_EXTRAS;
    }
    return extras;
  }

  /**
   * Sets the native timer at the end of the turn: most timers that a turn arms are cancelled in it.
   */
  #rearmSoon(): void {
    if (this.#rearming) return;
    this.#rearming = true;
    queueMicrotask(() => this.#rearm());
  }

  /** Sets the native timer for the wheel's next slot. */
  #rearm(): void {
    if (this.#batch > 0) this.#check();
    this.#rearming = false;
    const { wake } = this.#wheel;
    if (wake === Infinity) {
      if (this.#armed !== Infinity) this.#clock.disarm();
      this.#armed = Infinity;
      return;
    }
    if (wake < this.#armed) {
      this.#clock.arm(Math.max(1, Math.ceil(this.until(wake))), this.#wake);
      this.#armed = wake;
      this.#holding = true;
    }
    if (this.#holding !== this.#held > 0) {
      this.#holding = !this.#holding;
      this.#clock.hold(this.#holding);
    }
  }
}

/** The error of a closed wheel, thrown and used to reject sleeps. */
export function closedError(): GoerError {
  return new GoerError("GOER_TIMERS_CLOSED", "Cannot wait on a timer: the timing wheel is closed");
}
