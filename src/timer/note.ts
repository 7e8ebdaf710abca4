import type { WheelTimer } from "./timer.ts";

/** What few timers have: an id that was asked for, a signal that cancels it. */
export class Note {
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
