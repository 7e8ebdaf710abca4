/**
 * Closes connections that have reached their maximum age.
 *
 * @module
 */

import type { Connection } from "../protocol/connection.ts";
import { MAX_DELAY } from "../numbers.ts";
import { type Timer, timers } from "../timer/timers.ts";
import { ConnectionRegistry } from "./registry.ts";

/** The random part of the age, so that connections are not all closed at once. */
const JITTER = 0.1;

/** The open connections of a service that bounds their age. */
export class AgingRegistry<Item extends Connection> extends ConnectionRegistry<Item> {
  readonly #ages = new Map<number, Timer>();
  readonly #maxAge: number;
  readonly #leave: (connection: Item) => void;

  /**
   * @param maxAge How old a connection may become, in ms.
   * @param leave Called with a connection of that age.
   */
  constructor(maxAge: number, leave: (connection: Item) => void) {
    super();
    this.#maxAge = maxAge;
    this.#leave = leave;
  }

  override add(connection: Item): void {
    super.add(connection);
    const age = this.#maxAge * (1 + JITTER * (2 * Math.random() - 1));
    const timer = timers.after(Math.min(Math.round(age), MAX_DELAY), () => this.#leave(connection));
    this.#ages.set(connection.id, timer.unref());
  }

  override delete(connection: Item): void {
    super.delete(connection);
    this.#ages.get(connection.id)?.cancel();
    this.#ages.delete(connection.id);
  }
}
