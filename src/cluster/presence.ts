/**
 * The members in other processes, for a service that listens to joins and leaves: when a process
 * dies, its members have to be known.
 *
 * @module
 */

import type { Member } from "./member.ts";
import type { NodeId } from "./nodes.ts";

/** Receives joins and leaves. */
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

  /** A member has joined, or a message says so. */
  joined(node: NodeId, member: Member, group: string): void {
    let members = this.#nodes.get(node);
    if (members === undefined) this.#nodes.set(node, members = new Map());
    let present = members.get(member.id);
    if (present === undefined) members.set(member.id, present = { member, groups: new Set() });
    if (present.groups.has(group)) return;
    present.groups.add(group);
    this.#events.joined(member, group);
  }

  /** A member has left. */
  left(node: NodeId, { id }: Member, group: string): void {
    const members = this.#nodes.get(node);
    const present = members?.get(id);
    if (members === undefined || present?.groups.delete(group) !== true) return;
    if (present.groups.size === 0) members.delete(id);
    this.#events.left(present.member, group);
  }

  /** A process has sent all its members: others that were known are no longer there. */
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

  /** A process has ended, with all its members. */
  gone(node: NodeId): void {
    const members = this.#nodes.get(node);
    this.#nodes.delete(node);
    for (const { member, groups } of members?.values() ?? []) {
      for (const group of groups) this.#events.left(member, group);
    }
  }
}
