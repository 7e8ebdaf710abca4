/**
 * The open connections of a service.
 *
 * @module
 */

import type { Connection } from "../protocol/connection.ts";

let lastId = 0;

/** The id of the next connection of this process. No id is used twice. */
export function nextConnectionId(): number {
  return ++lastId;
}

/**
 * The open stream connections of a service: iterate them, find one by id, or count them.
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

  /** All open connections, oldest first. Connections may come and go during the iteration. */
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
