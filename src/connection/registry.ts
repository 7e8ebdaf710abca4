/**
 * The open connections of a service.
 *
 * @module
 */

import type { Connection } from "../protocol/connection.ts";

let lastId = 0;

/** The number of the next connection of this process; none is used twice. */
export function nextConnectionId(): number {
  return ++lastId;
}

/**
 * The open stream connections of a service: to iterate, to look up by id, to count.
 *
 * @typeParam Item The kind of connection.
 */
export class ConnectionRegistry<Item extends Connection = Connection> implements Iterable<Item> {
  #byId = new Map<number, Item>();

  /** How many are open. */
  get size(): number {
    return this.#byId.size;
  }

  /** The open connection with this id. */
  get(id: number): Item | undefined {
    return this.#byId.get(id);
  }

  /** All open connections, oldest first. It may be used while connections come and go. */
  [Symbol.iterator](): Iterator<Item> {
    return this.#byId.values();
  }

  /** A connection has been accepted. */
  add(connection: Item): void {
    this.#byId.set(connection.id, connection);
  }

  /** A connection has ended. */
  delete(connection: Item): void {
    this.#byId.delete(connection.id);
  }
}
