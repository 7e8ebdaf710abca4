/**
 * The groups of this process's connections.
 *
 * @module
 */

import type { GroupedConnection } from "../connection/service.ts";
import { GoerError } from "../errors.ts";
import type { ChannelKind } from "./channels.ts";
import type { Member } from "./member.ts";

/** A connection that is in a group or has a user. */
interface Membership {
  readonly id: string;
  readonly groups: Set<string>;
  user?: string;
}

/** Sets of connections by name. A set exists while it has connections. */
type Sets = Map<string, Set<GroupedConnection>>;

const NONE: ReadonlySet<never> = new Set();

/** The groups of this process's connections. */
export class MembershipTable {
  readonly #node: () => string;
  readonly #maxGroups: number;
  readonly #memberships = new Map<GroupedConnection, Membership>();
  readonly #sets: Readonly<Record<Exclude<ChannelKind, "topic">, Sets>> = {
    group: new Map(),
    user: new Map(),
  };

  /**
   * @param node Returns the id of this process.
   * @param maxGroups The most groups per connection.
   */
  constructor(node: () => string, maxGroups: number) {
    this.#node = node;
    this.#maxGroups = maxGroups;
  }

  /** The connections of a group or a user. */
  in(kind: "group" | "user", name: string): ReadonlySet<GroupedConnection> {
    return this.#sets[kind].get(name) ?? NONE;
  }

  /** True if a connection is in a group or has a user. */
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

  /** The member for a connection. */
  record(connection: GroupedConnection): Member {
    const known = this.#memberships.get(connection);
    if (known === undefined) return { id: this.idOf(connection.id) };
    const { id, user } = known;
    return user === undefined ? { id } : { id, user };
  }

  /** The member id of a connection of this process. */
  idOf(connection: number): string {
    return `${this.#node()}:${connection}`;
  }

  /** All members of groups, with their groups. */
  *all(): Generator<[Member, string[]]> {
    for (const [connection, { groups }] of this.#memberships) {
      if (groups.size > 0) yield [this.record(connection), [...groups]];
    }
  }

  /**
   * Adds a connection to a group. Returns false if it is in the group already.
   *
   * @throws {GoerError} `GOER_TOO_MANY` if it is in the maximum number of groups.
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

  /** Removes a connection from a group. Returns false if it is not in the group. */
  leave(connection: GroupedConnection, group: string): boolean {
    const membership = this.#memberships.get(connection);
    if (membership?.groups.delete(group) !== true) return false;
    remove(this.#sets.group, group, connection);
    this.#tidy(connection, membership);
    return true;
  }

  /** Sets or removes the user of a connection. */
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
