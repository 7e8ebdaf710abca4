/**
 * The groups of one service, in this process and in others.
 *
 * @module
 */

import { BackgroundWork } from "../connection/background_work.ts";
import { type GroupedConnection, type GroupMembership, report } from "../connection/service.ts";
import type { GroupName } from "../protocol/connection.ts";
import { BYTES_OR_TEXT, isBytes, unsendable } from "../bytes/outgoing.ts";
import { callApplication, logFault, reasonOf } from "../calls.ts";
import { GoerError } from "../errors.ts";
import { type BusOptions, DEFAULT_BUS_OPTIONS, groupLimits } from "./bus_options.ts";
import { checkContent } from "./content.ts";
import type { ConnectionTarget, NodeService, Question, Target } from "./envelope.ts";
import type { Cluster } from "./cluster.ts";
import type { Member } from "./member.ts";
import { MembershipTable } from "./membership.ts";
import { nameOf } from "./names.ts";
import type { NodeId } from "./nodes.ts";
import type { ClusterService, ServiceHeader } from "./cluster_service.ts";
import { Presence } from "./presence.ts";
import { closeCluster, clusterFor } from "./process.ts";
import { type Subscriber, Topics } from "./topics.ts";

/** The handlers of groups and buses. */
export type GroupHandlers = Pick<BusOptions, "onBusError" | "onJoin" | "onLeave">;

/** Options of a message to many connections. */
export interface Delivery {
  /** Ids of members to exclude. */
  except?: string[];
  /** Sends only to connections of this process. */
  local?: boolean;
  /** True to bypass the protocols. */
  raw?: boolean;
}

const SETTLED: Promise<void> = Promise.resolve();

/** The groups of one service. */
export class ServiceGroups implements ClusterService, GroupMembership {
  readonly name: string;
  /** Work that a graceful close waits for, such as promises of subscribers. */
  readonly background: BackgroundWork = new BackgroundWork();
  readonly #options: BusOptions;
  /** Services of the same name share their groups, and each has its own handlers. */
  readonly #owners = new Set<GroupHandlers>();
  /** The connections of each listening socket. */
  readonly #served = new Set<Iterable<GroupedConnection>>();
  readonly #members: MembershipTable;
  readonly #topics: Topics;
  readonly #presence = new Presence({
    joined: (member, group) => this.#tell("onJoin", member, group),
    left: (member, group) => this.#tell("onLeave", member, group),
  });
  #used: Cluster | undefined;
  /** Settles once the service is part of the cluster, or the failure has been reported. */
  #attached = SETTLED;
  #turn = 0;

  /**
   * @param name Services with the same name belong together, in any process.
   * @param options Which cluster to use.
   */
  constructor(name: string, options: BusOptions) {
    this.name = name;
    this.#options = options;
    const { maxGroups, maxSubscriptions } = groupLimits(options);
    const failed = (topic: string, error: unknown) =>
      this.#failed(`A subscriber of ${topic}`, error);
    this.#members = new MembershipTable(() => this.#cluster.id, maxGroups);
    this.#topics = new Topics(failed, maxSubscriptions, this.background);
  }

  /** Adds a service of this name. */
  addOwner(owner: GroupHandlers): void {
    this.#owners.add(owner);
  }

  /** The service listens and has these connections. Rejects if its bus cannot be reached. */
  async serve(connections: Iterable<GroupedConnection>): Promise<void> {
    this.#served.add(connections);
    const { busRequired = DEFAULT_BUS_OPTIONS.busRequired } = this.#options;
    const cluster = this.#used ?? clusterFor(this.#options);
    // If no other process can exist, the cluster starts at its first use.
    if (cluster.alone && this.#used === undefined) return;
    try {
      await this.#attach(cluster, busRequired);
    } catch (error) {
      await this.unserve(connections);
      throw error;
    }
  }

  async #attach(cluster: Cluster, required: boolean): Promise<void> {
    this.#used = cluster;
    await cluster.attach(this, required);
    await Promise.all(this.#topics.names.map((topic) => this.#arrive("topic", topic)));
  }

  /** The service no longer listens. */
  async unserve(connections: Iterable<GroupedConnection>): Promise<void> {
    this.#served.delete(connections);
    const cluster = this.#used;
    if (this.#served.size > 0 || cluster === undefined) return;
    this.#used = undefined;
    if (cluster.detach(this)) await closeCluster(cluster);
  }

  /**
   * The cluster. It can be used before the service listens, or if this process does not serve it.
   */
  get #cluster(): Cluster {
    if (this.#used !== undefined) return this.#used;
    const cluster = clusterFor(this.#options);
    this.#attached = this.#attach(cluster, false).catch((error) => this.busFailed(error));
    return cluster;
  }

  // ---- connections of this process ----

  join(connection: GroupedConnection, name: GroupName): Promise<void> {
    const group = nameOf(name, "a group");
    if (!connection.open || !this.#members.join(connection, group)) return SETTLED;
    const first = this.#members.in("group", group).size === 1;
    const arrives = first ? this.#arrive("group", group) : SETTLED;
    this.#announce("joined", this.#members.record(connection), group);
    return arrives;
  }

  leave(connection: GroupedConnection, name: GroupName): void {
    const group = nameOf(name, "a group");
    const member = this.#members.record(connection);
    if (!this.#members.leave(connection, group)) return;
    if (this.#members.in("group", group).size === 0) this.#depart("group", group);
    this.#announce("left", member, group);
  }

  /** The member id of a connection of this process. */
  idOf(connection: number): string {
    return this.#members.idOf(connection);
  }

  groupsOf(connection: GroupedConnection): ReadonlySet<string> {
    return this.#members.groupsOf(connection);
  }

  userOf(connection: GroupedConnection): string | undefined {
    return this.#members.userOf(connection);
  }

  setUser(connection: GroupedConnection, name: GroupName | null | undefined): void {
    const user = name === undefined || name === null ? undefined : nameOf(name, "a user");
    const before = this.#members.userOf(connection);
    if (before === user || user !== undefined && !connection.open) return;
    this.#members.setUser(connection, user);
    if (before !== undefined && this.#members.in("user", before).size === 0) {
      this.#depart("user", before);
    }
    if (user !== undefined && this.#members.in("user", user).size === 1) {
      this.#arrive("user", user);
    }
  }

  gone(connection: GroupedConnection): void {
    if (!this.#members.has(connection)) return;
    for (const group of [...this.#members.groupsOf(connection)]) this.leave(connection, group);
    this.setUser(connection, undefined);
  }

  #arrive(kind: "group" | "user" | "topic", name: string): Promise<void> {
    const cluster = this.#cluster;
    if (cluster.alone) return SETTLED;
    const subscribed = cluster.subscribe(cluster.names.named(this.name, kind, name));
    return cluster.engage().then(() => subscribed);
  }

  #depart(kind: "group" | "user" | "topic", name: string): void {
    const cluster = this.#cluster;
    if (!cluster.alone) cluster.unsubscribe(cluster.names.named(this.name, kind, name));
  }

  // ---- messages to many ----

  /** Sends to a target's connections in all processes. */
  send(to: Target, message: unknown, { except, local = false, raw }: Delivery = {}): void {
    if (raw && typeof message !== "string" && !isBytes(message)) {
      throw unsendable(message, BYTES_OR_TEXT);
    }
    if (!local) {
      const cluster = this.#cluster;
      const { names } = cluster;
      const { name } = this;
      const channel = to.kind === "all"
        ? names.broadcast(name)
        : names.named(name, to.kind, to.name);
      if (cluster.alone) checkContent(message);
      else cluster.publish(channel, { type: "message", service: name, to, except, raw }, message);
    }
    this.#deliver(to, message, { except, raw });
  }

  #deliver(to: Target, message: unknown, { except = [], raw }: Delivery): void {
    if (to.kind === "topic") return this.#topics.deliver(to.name, message);
    const spared = except.length === 0 ? undefined : new Set(except);
    const shared = new Map<unknown, Uint8Array>();
    const options = { raw };
    for (const connection of this.#connections(to)) {
      if (spared?.has(this.#members.idOf(connection.id))) continue;
      try {
        connection.sendShared(message, shared, options);
      } catch (error) {
        this.#refused(connection, error);
      }
    }
  }

  *#connections(to: ConnectionTarget): Generator<GroupedConnection> {
    if (to.kind !== "all") return yield* this.#members.in(to.kind, to.name);
    for (const connections of this.#served) yield* connections;
  }

  /** The message could not be sent to a connection. Only this connection is affected. */
  #refused(connection: GroupedConnection, error: unknown): void {
    connection.service.statistics.sendFailures++;
    // An HTTP connection without a pending request is not a receiver.
    if (error instanceof GoerError && error.code === "GOER_NO_REQUEST") return;
    const cause = error instanceof GoerError ? error : new GoerError(
      "GOER_HANDLER",
      `Cannot send to ${connection.remoteAddress}: ${reasonOf(error)}`,
      { cause: error },
    );
    report(connection.service, connection, cause);
  }

  // ---- topics ----

  /** Calls `subscriber` with everything that any process publishes on `topic`. */
  subscribe(topic: string, subscriber: Subscriber): void {
    // Before the service listens, nothing can arrive. Listening subscribes.
    if (!this.#topics.add(topic, subscriber) || this.#used === undefined) return;
    this.#arrive("topic", topic);
    this.#used.announceSoon();
  }

  /** Settles once messages of other processes on `topic` arrive. */
  async arrival(topic: string): Promise<void> {
    if (!this.#topics.has(topic)) return;
    const cluster = this.#cluster;
    await this.#attached;
    await cluster.arrival(cluster.names.named(this.name, "topic", topic));
  }

  unsubscribe(topic: string, subscriber: Subscriber): void {
    if (!this.#topics.delete(topic, subscriber) || this.#used === undefined) return;
    this.#depart("topic", topic);
    this.#used.announceSoon();
  }

  /** Gives `data` to the worker of this machine that has a slot. Returns false if there is none. */
  hand(slot: number, topic: string, data: unknown): boolean {
    checkContent(data);
    // Workers of other services have the same slots.
    if (this.isSlot(slot) && this.#topics.has(topic)) {
      this.#topics.deliver(topic, data);
      return true;
    }
    const node = this.#cluster.sibling(this.name, slot, topic);
    if (node === undefined) return false;
    this.#cluster.send(node.id, { type: "handed", service: this.name, topic }, data);
    return true;
  }

  /** True in the worker with this slot, unless it is draining. */
  isSlot(slot: number): boolean {
    return this.#cluster.holds(slot);
  }

  /** Gives `data` to one process that has subscribed to `topic`, in turn. */
  handToOne(topic: string, data: unknown): boolean {
    checkContent(data);
    const nodes = this.#cluster.nodes(this.name, ({ topics }) => topics.includes(topic))
      .filter(({ info }) => !info.draining).map(({ id }) => id);
    if (this.#topics.has(topic)) nodes.push(this.#cluster.id);
    if (nodes.length === 0) return false;
    const node = nodes.sort()[this.#turn++ % nodes.length];
    if (node === this.#cluster.id) this.#topics.deliver(topic, data);
    else this.#cluster.send(node, { type: "handed", service: this.name, topic }, data);
    return true;
  }

  // ---- questions ----

  async count(group: string): Promise<number> {
    const others = await this.#cluster.ask(this.name, { ask: "count", group });
    const own = this.#members.in("group", group).size;
    return others.reduce((sum: number, count) => sum + Number(count), own);
  }

  async members(group: string): Promise<Member[]> {
    const others = await this.#cluster.ask(this.name, { ask: "members", group });
    return [...this.#records(group), ...others.flat() as Member[]];
  }

  async isOnline(user: string): Promise<boolean> {
    if (this.#members.in("user", user).size > 0) return true;
    return (await this.#cluster.ask(this.name, { ask: "online", user })).includes(true);
  }

  #records(group: string): Member[] {
    return Array.from(this.#members.in("group", group), (one) => this.#members.record(one));
  }

  // ---- events of the cluster ----

  get facts(): NodeService {
    return {
      serves: this.#served.size > 0,
      listens: this.#listens,
      topics: this.#topics.names,
    };
  }

  get #listens(): boolean {
    return [...this.#owners].some(({ onJoin, onLeave }) => onJoin ?? onLeave);
  }

  receive(header: ServiceHeader, content: unknown): void {
    switch (header.type) {
      case "message":
        return this.#deliver(header.to, content, header);
      case "handed":
        return this.#topics.deliver(header.topic, content);
      case "joined":
        return this.#presence.joined(header.from, header.member, header.group);
      case "left":
        return this.#presence.left(header.from, header.member, header.group);
      case "snapshot":
        return this.#presence.replace(header.from, header.members);
    }
  }

  answer(question: Question): unknown {
    switch (question.ask) {
      case "count":
        return this.#members.in("group", question.group).size;
      case "members":
        return this.#records(question.group);
      case "online":
        return this.#members.in("user", question.user).size > 0;
    }
  }

  listenerCame(node: NodeId): void {
    const members = [...this.#members.all()];
    this.#cluster.send(node, { type: "snapshot", service: this.name, members });
  }

  nodeGone(node: NodeId): void {
    this.#presence.gone(node);
  }

  busFailed(error: GoerError): void {
    const listeners = [...this.#owners].filter(({ onBusError }) => onBusError !== undefined);
    if (listeners.length === 0) console.error(error.message);
    for (const owner of listeners) callApplication(() => owner.onBusError?.(error), logFault);
  }

  // ---- handlers ----

  #announce(type: "joined" | "left", member: Member, group: string): void {
    this.#tell(type === "joined" ? "onJoin" : "onLeave", member, group);
    const cluster = this.#cluster;
    if (cluster.nodes(this.name, ({ listens }) => listens).length === 0) return;
    cluster.publish(cluster.names.events(this.name), {
      type,
      service: this.name,
      group,
      member,
    });
  }

  #tell(name: "onJoin" | "onLeave", member: Member, group: string): void {
    for (const owner of this.#owners) {
      callApplication(
        () => owner[name]?.(member, group),
        (error) => this.#failed(name, error),
      );
    }
  }

  #failed(what: string, cause: unknown): void {
    const message = `${what} failed: ${reasonOf(cause)}`;
    const error = new GoerError("GOER_HANDLER", message, { cause });
    logFault(error);
    for (const owner of this.#owners) callApplication(() => owner.onBusError?.(error), logFault);
  }
}
