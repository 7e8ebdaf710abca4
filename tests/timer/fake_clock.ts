import type { Clock } from "../../src/timer/timers.ts";

/** A clock that the test advances, and that counts how the native timer is used. */
export class FakeClock implements Clock {
  /** How often the native timer was set. */
  armings = 0;
  /** Whether the native timer keeps the process alive; `undefined` if it is not set. */
  holding: boolean | undefined;
  #now = 0;
  #date: number;
  #wakeAt = Infinity;
  #wake = () => {};

  constructor(now = 0, date = Date.UTC(2026, 0, 1)) {
    this.#now = now;
    this.#date = date;
  }

  now(): number {
    return this.#now;
  }

  date(): number {
    return this.#date;
  }

  arm(delay: number, wake: () => void): void {
    this.armings++;
    this.holding = true;
    this.#wakeAt = this.#now + delay;
    this.#wake = wake;
  }

  disarm(): void {
    this.#wakeAt = Infinity;
    this.holding = undefined;
  }

  hold(alive: boolean): void {
    this.holding = alive;
  }

  /** How many native timers are set. */
  get armed(): number {
    return this.#wakeAt < Infinity ? 1 : 0;
  }

  /** Advances the time by `duration` ms, in which the native timer fires whenever it is due. */
  async advance(duration: number): Promise<void> {
    const end = this.#now + duration;
    await settled();
    while (this.#wakeAt <= end) {
      this.#to(Math.max(this.#now, this.#wakeAt));
      this.#fire();
      await settled();
    }
    this.#to(end);
    await settled();
  }

  /** The process is suspended for `duration` ms: the native timer fires once, late. */
  async suspend(duration: number): Promise<void> {
    await settled();
    this.#to(this.#now + duration);
    if (this.#wakeAt <= this.#now) this.#fire();
    await settled();
  }

  /**
   * The date is changed by `difference` ms, or `duration` passes that monotonic time does not
   * count.
   */
  setDate(difference: number): void {
    this.#date += difference;
  }

  /** Time passes within this turn of the event loop, in which nothing can fire. */
  block(duration: number): void {
    this.#to(this.#now + duration);
  }

  #to(now: number): void {
    this.#date += now - this.#now;
    this.#now = now;
  }

  #fire(): void {
    this.#wakeAt = Infinity;
    this.holding = undefined;
    this.#wake();
  }
}

/** Waits for the end of this turn and all settled promises. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 10; round++) await Promise.resolve();
}
