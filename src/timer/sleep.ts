import { type TimerCallback, type TimerScheduler, WheelTimer } from "./timer.ts";

/** The timer of a promise, which rejects if the timer will never fire. */
export class Sleep extends WheelTimer {
  readonly #reject: (reason: unknown) => void;

  /**
   * @param scheduler What arms and fires it.
   * @param delay In ms, whole.
   * @param resolve Resolves the promise.
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

  /** The signal was aborted, or the wheel was closed. */
  override abandon(reason: unknown): void {
    this.#reject(reason);
  }
}
