import type { Clock } from "../../src/timer/timers.ts";

/** A clock that stands until it is told to go on, and counts what is asked of the native timer. */
export class FakeClock implements Clock {
  /** How often the native timer was armed. */
  armings = 0;
  /** Whether the native timer keeps the process alive; `undefined` where none is armed. */
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

  /** How many native timers are armed. */
  get armed(): number {
    return this.#wakeAt < Infinity ? 1 : 0;
  }

  /** Time goes on by `duration` ms, in which the native timer fires whenever it is due. */
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

  /** Somebody sets the date, by `difference` ms; or `duration` passes that monotonic time leaves out. */
  setDate(difference: number): void {
    this.#date += difference;
  }

  /** Time passes within this turn of the event loop: nothing can fire. */
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

/** The end of this turn: all promises that are settled have been seen to. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 10; round++) await Promise.resolve();
}
