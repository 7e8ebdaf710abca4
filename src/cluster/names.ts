/**
 * Checks names of groups, users and topics, and ids of connections.
 *
 * @module
 */

import { typeName } from "../bytes/outgoing.ts";

/**
 * The name in all processes: a number is the same name as its digits.
 *
 * @param name What the application passed.
 * @param what What it names, for the error: `"a group"`.
 * @throws {TypeError} If it is neither a string nor a number.
 */
export function nameOf(name: unknown, what: string): string {
  if (typeof name === "string") return name;
  if (typeof name === "bigint" || Number.isFinite(name)) return String(name);
  throw new TypeError(
    `Cannot use ${typeName(name)} as the name of ${what}: pass a string or a number`,
  );
}

/**
 * The ids of members that do not get a message.
 *
 * @param except A connection, a member or an id, or an iterable of them.
 * @param idOf Returns the member id of a connection of this process.
 * @returns `undefined` if there are no exceptions.
 * @throws {TypeError} If it is anything else.
 */
export function exceptedIds(
  except: unknown,
  idOf: (connection: number) => string,
): string[] | undefined {
  if (except === undefined || except === null) return undefined;
  const list = isIterable(except) ? [...except] : [except];
  const ids = list.map((one) => {
    const id: unknown = typeof one === "object" && one !== null
      ? (one as { id?: unknown }).id
      : one;
    if (typeof id === "string") return id;
    if (Number.isInteger(id)) return idOf(id as number);
    throw new TypeError(
      `Cannot exclude ${typeName(one)}: pass a connection, a member, or an id`,
    );
  });
  return ids.length === 0 ? undefined : ids;
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

/**
 * Checks the number of a worker.
 *
 * @throws {TypeError} If it is not a whole number from 0.
 */
export function checkSlot(slot: unknown): void {
  if (Number.isInteger(slot) && (slot as number) >= 0) return;
  throw new TypeError(
    `Cannot find a worker by ${typeName(slot)}: pass its slot, a whole number from 0`,
  );
}
