/**
 * Closes the connections of a service one after another, so that their clients do not all reconnect in
 * the same second.
 *
 * @module
 */

import { type Bounds, checkNumbers, MAX_DELAY } from "../numbers.ts";
import { checkNestedOptions, NUMBER } from "../option_types.ts";
import { type Timer, timers } from "../timer/timers.ts";

/** How the connections of a service that stops or reloads are closed before its timeout. */
export interface DrainOptions {
  /**
   * When the first connection is closed, in ms from 0 to 2,147,483,647 (about 24 days). Until then
   * connections can end by themselves. Default: half of `reloadTimeout`, or of `stopTimeout` at a stop.
   */
  start?: number;
  /**
   * How many connections are closed per second, from 1 to 1,000,000. Those that are open at the end of
   * the time are closed together. Default: spread evenly over the time.
   */
  rate?: number;
}

const BOUNDS: Readonly<Record<keyof DrainOptions, Bounds>> = {
  start: [0, MAX_DELAY],
  rate: [1, 1_000_000],
};

/** The shortest time between two rounds, in ms. A timer per connection would cost too much. */
const MIN_INTERVAL = 20;

/**
 * Makes sure that the options are within their bounds.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if one is not.
 */
export function checkDrainOptions(options: { drain?: DrainOptions }): void {
  checkNestedOptions(options, { drain: { start: NUMBER, rate: NUMBER } }, { of: "a service" });
  checkNumbers(options.drain ?? {}, BOUNDS, "drain.");
}

/** What {@linkcode Departures} takes. */
export interface DeparturesOptions<Item> extends DrainOptions {
  /** The connections. */
  connections: Iterable<Item>;
  /** Closes one, which may have ended already. */
  leave(connection: Item): void;
  /** When the last one is closed, in ms. */
  timeout: number;
}

/** Closes connections evenly over a time. */
export class Departures<Item> {
  readonly #waiting: Iterator<Item>;
  readonly #leave: (connection: Item) => void;
  /** How many are closed per ms. */
  readonly #speed: number;
  #timer: Timer;
  #left = 0;
  #begin = 0;

  constructor({ connections, leave, timeout, start, rate }: DeparturesOptions<Item>) {
    const all = [...connections];
    const first = Math.min(start ?? timeout / 2, timeout);
    this.#waiting = all.values();
    this.#leave = leave;
    this.#speed = rate === undefined ? all.length / Math.max(timeout - first, 1) : rate / 1000;
    this.#timer = timers.after(first, () => {
      this.#begin = performance.now();
      this.#wait();
    });
  }

  /** Closes no more. */
  cancel(): void {
    this.#timer.cancel();
  }

  #wait(): void {
    const due = this.#begin + (this.#left + 1) / this.#speed;
    const delay = Math.max(MIN_INTERVAL, due - performance.now());
    if (delay <= MAX_DELAY) this.#timer = timers.after(Math.ceil(delay), () => this.#round());
  }

  #round(): void {
    const due = (performance.now() - this.#begin) * this.#speed;
    while (this.#left + 1 <= due) {
      const { done, value } = this.#waiting.next();
      if (done) return;
      this.#left++;
      this.#leave(value);
    }
    this.#wait();
  }
}
