import { type TimerCallback, type TimerScheduler, WheelTimer } from "./timer.ts";

/** A timer behind a promise, which is rejected where the timer is never going to fire. */
export class Sleep extends WheelTimer {
  readonly #reject: (reason: unknown) => void;

  /**
   * @param scheduler What arms and fires it.
   * @param delay In ms, whole.
   * @param resolve Fulfils the promise.
   * @param reject Rejects the promise.
   */
  constructor(
    scheduler: TimerScheduler,
    delay: number,
    resolve: () => void,
    reject: (reason: unknown) => void,
  ) {
    super(scheduler, delay, resolve as TimerCallback<unknown>, undefined, 0);
    this.#reject = reject;
  }

  /** The signal was aborted, or the wheel closed. */
  override abandon(reason: unknown): void {
    this.#reject(reason);
  }
}
