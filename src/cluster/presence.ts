/**
 * Who is in which groups in other processes, for a service that listens to who joins and leaves: a
 * process that dies takes no leave, so it has to be known who was there.
 *
 * @module
 */

import type { Member } from "./member.ts";
import type { NodeId } from "./nodes.ts";

/** Hears who joins and leaves. */
export interface PresenceEvents {
  joined(member: Member, group: string): void;
  left(member: Member, group: string): void;
}

/** A member of another process. */
interface Present {
  member: Member;
  groups: Set<string>;
}

/** The members of other processes. */
export class Presence {
  readonly #events: PresenceEvents;
  readonly #nodes = new Map<NodeId, Map<string, Present>>();

  constructor(events: PresenceEvents) {
    this.#events = events;
  }

  /** Somebody joined, or is said to have. */
  joined(node: NodeId, member: Member, group: string): void {
    let members = this.#nodes.get(node);
    if (members === undefined) this.#nodes.set(node, members = new Map());
    let present = members.get(member.id);
    if (present === undefined) members.set(member.id, present = { member, groups: new Set() });
    if (present.groups.has(group)) return;
    present.groups.add(group);
    this.#events.joined(member, group);
  }

  /** Somebody left. */
  left(node: NodeId, { id }: Member, group: string): void {
    const members = this.#nodes.get(node);
    const present = members?.get(id);
    if (members === undefined || present?.groups.delete(group) !== true) return;
    if (present.groups.size === 0) members.delete(id);
    this.#events.left(present.member, group);
  }

  /** A process tells of all its members: what was known of others is no longer true. */
  replace(node: NodeId, members: readonly [Member, string[]][]): void {
    const groupsOf = new Map(members.map(([{ id }, groups]) => [id, groups]));
    for (const { member, groups } of this.#nodes.get(node)?.values() ?? []) {
      const left = [...groups].filter((group) => !groupsOf.get(member.id)?.includes(group));
      for (const group of left) this.left(node, member, group);
    }
    for (const [member, groups] of members) {
      for (const group of groups) this.joined(node, member, group);
    }
  }

  /** A process is gone, and all its members with it. */
  gone(node: NodeId): void {
    const members = this.#nodes.get(node);
    this.#nodes.delete(node);
    for (const { member, groups } of members?.values() ?? []) {
      for (const group of groups) this.#events.left(member, group);
    }
  }
}
