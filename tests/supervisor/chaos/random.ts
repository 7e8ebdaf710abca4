/**
 * Pseudorandom numbers, which are the same for the same seed.
 *
 * @module
 */

/** A source of numbers. */
export class Random {
  #state: number;

  /** @param seed A whole number, which determines the sequence. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 (included) to 1 (excluded): Mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** True half of the time. */
  toss(): boolean {
    return this.next() < 0.5;
  }

  /** A random entry of a list. */
  pick<T>(list: readonly T[]): T {
    return list[this.between(0, list.length - 1)];
  }

  /** The list in random order. */
  shuffle<T>(list: readonly T[]): T[] {
    const rest = [...list];
    return list.map(() => rest.splice(this.between(0, rest.length - 1), 1)[0]);
  }
}
