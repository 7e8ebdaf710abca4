/**
 * The connections of this process in their groups.
 *
 * @module
 */

import type { GroupedConnection } from "../connection/service.ts";
import { GoerError } from "../errors.ts";
import type { ChannelKind } from "./channels.ts";
import type { Member } from "./member.ts";

/** One connection that is in a group, or has a user. */
interface Membership {
  readonly id: string;
  readonly groups: Set<string>;
  user?: string;
}

/** Sets of connections by name, which come and go with their first and last connection. */
type Sets = Map<string, Set<GroupedConnection>>;

const NONE: ReadonlySet<never> = new Set();

/** The connections of this process in their groups. */
export class Members {
  readonly #node: () => string;
  readonly #maxGroups: number;
  readonly #memberships = new Map<GroupedConnection, Membership>();
  readonly #sets: Readonly<Record<Exclude<ChannelKind, "topic">, Sets>> = {
    group: new Map(),
    user: new Map(),
  };

  /**
   * @param node Tells the name of this process.
   * @param maxGroups The most groups of one connection.
   */
  constructor(node: () => string, maxGroups: number) {
    this.#node = node;
    this.#maxGroups = maxGroups;
  }

  /** The connections in a group, or of a user. */
  in(kind: "group" | "user", name: string): ReadonlySet<GroupedConnection> {
    return this.#sets[kind].get(name) ?? NONE;
  }

  /** True for a connection that is in a group, or has a user. */
  has(connection: GroupedConnection): boolean {
    return this.#memberships.has(connection);
  }

  /** The groups of a connection. */
  groupsOf(connection: GroupedConnection): ReadonlySet<string> {
    return this.#memberships.get(connection)?.groups ?? NONE;
  }

  /** The user of a connection. */
  userOf(connection: GroupedConnection): string | undefined {
    return this.#memberships.get(connection)?.user;
  }

  /** A connection, as other processes name it. */
  record(connection: GroupedConnection): Member {
    const known = this.#memberships.get(connection);
    if (known === undefined) return { id: this.idOf(connection.id) };
    const { id, user } = known;
    return user === undefined ? { id } : { id, user };
  }

  /** The name of a connection of this process. */
  idOf(connection: number): string {
    return `${this.#node()}:${connection}`;
  }

  /** All that are in a group, with their groups. */
  *all(): Generator<[Member, string[]]> {
    for (const [connection, { groups }] of this.#memberships) {
      if (groups.size > 0) yield [this.record(connection), [...groups]];
    }
  }

  /**
   * Puts a connection into a group: false if it is in it.
   *
   * @throws {GoerError} `GOER_TOO_MANY` if it is in as many as it may be.
   */
  join(connection: GroupedConnection, group: string): boolean {
    const { groups } = this.#membership(connection);
    if (groups.has(group)) return false;
    if (groups.size >= this.#maxGroups) {
      throw new GoerError(
        "GOER_TOO_MANY",
        `Cannot join the group "${group.slice(0, 64)}": ${connection.remoteAddress} is in ` +
          `${groups.size} groups, the limit of maxGroupsPerConnection`,
      );
    }
    groups.add(group);
    add(this.#sets.group, group, connection);
    return true;
  }

  /** Takes a connection out of a group: false if it is not in it. */
  leave(connection: GroupedConnection, group: string): boolean {
    const membership = this.#memberships.get(connection);
    if (membership?.groups.delete(group) !== true) return false;
    remove(this.#sets.group, group, connection);
    this.#tidy(connection, membership);
    return true;
  }

  /** Says whose connection it is; `undefined`: nobody's. */
  setUser(connection: GroupedConnection, user: string | undefined): void {
    const membership = this.#membership(connection);
    if (membership.user !== undefined) remove(this.#sets.user, membership.user, connection);
    membership.user = user;
    if (user !== undefined) add(this.#sets.user, user, connection);
    this.#tidy(connection, membership);
  }

  #membership(connection: GroupedConnection): Membership {
    let membership = this.#memberships.get(connection);
    if (membership === undefined) {
      membership = { id: this.idOf(connection.id), groups: new Set() };
      this.#memberships.set(connection, membership);
    }
    return membership;
  }

  #tidy(connection: GroupedConnection, { groups, user }: Membership): void {
    if (groups.size === 0 && user === undefined) this.#memberships.delete(connection);
  }
}

function add(sets: Sets, name: string, connection: GroupedConnection): void {
  const set = sets.get(name);
  if (set === undefined) sets.set(name, new Set([connection]));
  else set.add(connection);
}

function remove(sets: Sets, name: string, connection: GroupedConnection): void {
  const set = sets.get(name);
  set?.delete(connection);
  if (set?.size === 0) sets.delete(name);
}
