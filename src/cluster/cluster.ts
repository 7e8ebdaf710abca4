/**
 * Exchanges messages with other processes: over the supervisor with the workers of the same site,
 * and over a broker with other machines. Processes of the same site never use the broker, so that a
 * disconnected broker does not separate them.
 *
 * @module
 */

import type { Bus, LocalBus } from "./drivers/bus.ts";
import type { GoerError } from "../errors.ts";
import { type Timer, timers } from "../timer/timers.ts";
import { BusLink } from "./bus_link.ts";
import { ChannelNames } from "./channels.ts";
import {
  type Header,
  type HeaderBody,
  type NodeInfo,
  packEnvelope,
  type Question,
  unpackEnvelope,
} from "./envelope.ts";
import type { ClusterOptions, ClusterStatistics, NodeIdentity } from "./node_identity.ts";
import { type Node, type NodeId, nodeId, NodeTable, siteOf, workerOf } from "./nodes.ts";
import type { ClusterService } from "./cluster_service.ts";
import { ScatterGather } from "./scatter_gather.ts";
import { ReturnBarrier } from "./barrier.ts";

/** How often a process announces itself over a broker, in ms. */
const HEARTBEAT = 5_000;

/** How long a process on another machine may be silent before it counts as gone, in ms. */
const SILENCE = 3 * HEARTBEAT;

/** How long processes on other machines have to introduce themselves to a new one, in ms. */
const GREETING_TIME = 250;

/** What connects this process with others. */
export class Cluster {
  readonly id: NodeId;
  readonly names: ChannelNames;
  readonly #place: NodeIdentity;
  readonly #maxQueue: number;
  readonly #timeout: number;
  readonly #links: BusLink[] = [];
  readonly #broker: BusLink | undefined;
  #local: BusLink | undefined;
  #peers: LocalBus["peers"] | undefined;
  /** How many subscribers each channel has. */
  readonly #channels = new Map<string, number>();
  readonly #nodes = new NodeTable();
  /** Messages for the broker are queued until processes beyond it have returned, too. */
  readonly #barrier = new ReturnBarrier(() => this.#broker?.release());
  readonly #questions: ScatterGather;
  readonly #services = new Map<string, ClusterService>();
  #opened: Promise<void> | undefined;
  /** Why the broker could not be reached at the start, until it is reached. */
  #unopened: GoerError | undefined;
  #engaged: Promise<void> | undefined;
  #closed = false;
  #acquainted: Promise<void> | undefined;
  #heartbeat: Timer | undefined;
  #announcing = false;
  #draining = false;
  #malformed = 0;

  constructor(place: NodeIdentity, options: ClusterOptions) {
    const { prefix, maxQueue, timeout, broker } = options;
    this.#place = place;
    this.#maxQueue = maxQueue;
    this.#timeout = timeout;
    this.id = nodeId(place.site, place.worker);
    this.names = new ChannelNames(prefix);
    this.#questions = new ScatterGather(timeout);
    if (broker !== undefined) this.#broker = this.#link(broker);
  }

  #link(bus: Bus): BusLink {
    const link = new BusLink(bus, this.#maxQueue, {
      onMessage: (message) => this.#receive(message, link),
      onError: (error) => this.#busFailed(error, link),
      onBack: () => this.#busBack(link),
    });
    this.#links.push(link);
    return link;
  }

  /** The other workers of this supervisor can now be reached. */
  connectLocal(local: LocalBus): void {
    const link = this.#local = this.#link(local);
    this.#peers = (channel) => local.peers(channel);
    local.onEnded((alive) => this.#siblingsEnded(alive));
    for (const channel of this.#channels.keys()) link.subscribe(channel);
    if (this.#opened !== undefined) void this.#openLink(link, false);
  }

  /** What `status` shows. */
  get statistics(): ClusterStatistics {
    const buses = this.#links.map((link) => link.statistics);
    return { buses, nodes: this.#nodes.size, malformed: this.#malformed };
  }

  /**
   * Adds a service: connects, and subscribes to what is sent to all its connections.
   *
   * @param required True to reject if a bus cannot be reached; otherwise it is tried again.
   */
  async attach(service: ClusterService, required: boolean): Promise<void> {
    this.#services.set(service.name, service);
    await (this.#opened ??= this.#open(required));
    if (required && this.#unopened !== undefined) throw this.#unopened;
    const { serves, listens, topics } = service.facts;
    if (serves) await this.subscribe(this.names.broadcast(service.name));
    if (listens) await this.subscribe(this.names.events(service.name));
    // Other machines must know immediately, because a process cannot ask for what it has missed.
    if (this.#broker !== undefined || listens || topics.length > 0) await this.engage();
    this.announceSoon();
  }

  /** Removes a service. Returns true if it was the last. */
  detach(service: ClusterService): boolean {
    if (service.facts.serves) this.unsubscribe(this.names.broadcast(service.name));
    this.#services.delete(service.name);
    this.announceSoon();
    return this.#services.size === 0;
  }

  async #open(required: boolean): Promise<void> {
    for (const link of this.#links) await this.#openLink(link, required);
  }

  /** @param required True if an error makes the start fail: then it is not reported as well. */
  async #openLink(link: BusLink, required: boolean): Promise<void> {
    if (this.#closed) return;
    try {
      await link.open();
      if (link === this.#broker) this.#unopened = undefined;
    } catch (error) {
      if (this.#closed) return;
      this.#unopened = link.failure(error as Error);
      if (!required) this.#busFailed(this.#unopened, link);
      timers.after(HEARTBEAT, () => void this.#openLink(link, false), { ref: false });
    }
  }

  /**
   * Joins the cluster. Settles once others know. Until this is called, the cluster costs nothing.
   */
  engage(): Promise<void> {
    return this.#engaged ??= this.#engage();
  }

  async #engage(): Promise<void> {
    const { control } = this.names;
    await Promise.all([this.subscribe(control), this.subscribe(this.names.node(this.id))]);
    this.#announce(true);
    if (this.#broker === undefined) return;
    this.#heartbeat = timers.every(HEARTBEAT, () => this.#beat(), { ref: false });
  }

  /** Settles once the processes that were there before are known. */
  acquaint(): Promise<void> {
    return this.#acquainted ??= this.#meet();
  }

  async #meet(): Promise<void> {
    await this.engage();
    const { site, worker } = this.#place;
    const expected = (await this.#peers?.(this.names.control) ?? [])
      .filter((peer) => peer !== worker).map((peer) => nodeId(site, peer));
    const waits: Promise<void>[] = [];
    const met = this.#nodes.until(() => expected.every((id) => this.#nodes.has(id)));
    if (expected.length > 0) {
      waits.push(Promise.race([met, timers.sleep(this.#timeout, { ref: false })]));
    }
    if (this.#broker !== undefined) waits.push(timers.sleep(GREETING_TIME, { ref: false }));
    await Promise.all(waits);
  }

  // ---- for services ----

  /** Announces the state of this process, once for all changes in this turn. */
  announceSoon(): void {
    if (this.#announcing) return;
    this.#announcing = true;
    queueMicrotask(() => {
      this.#announcing = false;
      if (this.#engaged !== undefined && !this.#closed) this.#announce(false);
    });
  }

  /** True if no other process can exist. */
  get alone(): boolean {
    return this.#links.length === 0;
  }

  /** True in the worker with this slot, unless it is draining. */
  holds(slot: number): boolean {
    return slot === this.#place.slot && !this.#draining;
  }

  /** Stops accepting work for a single worker. */
  drain(): void {
    this.#draining = true;
    this.announceSoon();
  }

  /** Sends to all subscribers of `channel`. */
  publish(channel: string, body: HeaderBody, content?: unknown): void {
    if (this.#links.length === 0) return;
    const packed = packEnvelope({ from: this.id, ...body }, content);
    const urgent = channel === this.names.control;
    for (const link of this.#links) link.publish(channel, packed, urgent);
  }

  /** Sends to a single process, locally or over the broker. */
  send(node: NodeId, body: HeaderBody, content?: unknown): void {
    const packed = packEnvelope({ from: this.id, ...body }, content);
    this.#linkTo(node)?.publish(this.names.node(node), packed, true);
  }

  #linkTo(node: NodeId): BusLink | undefined {
    return this.#isSibling(node) ? this.#local : this.#broker;
  }

  /** Adds a subscriber of `channel`. */
  subscribe(channel: string): Promise<void> {
    this.#channels.set(channel, (this.#channels.get(channel) ?? 0) + 1);
    return this.arrival(channel);
  }

  /** Settles once everything sent to `channel`, which has a subscriber, arrives. */
  async arrival(channel: string): Promise<void> {
    await Promise.all(this.#links.map((link) => link.subscribe(channel)));
  }

  /** Removes a subscriber of `channel`. */
  unsubscribe(channel: string): void {
    const count = (this.#channels.get(channel) ?? 0) - 1;
    if (count > 0) return void this.#channels.set(channel, count);
    this.#channels.delete(channel);
    for (const link of this.#links) link.unsubscribe(channel);
  }

  /** Other processes that match, with those of this site separate from others. */
  nodes(service: string, fit: Parameters<NodeTable["with"]>[1]): Node[] {
    void this.engage();
    return this.#nodes.with(service, fit);
  }

  /**
   * The process of this site that has a slot and has subscribed to `topic`: the newest one while an
   * old one finishes.
   */
  sibling(service: string, slot: number, topic: string): Node | undefined {
    return this.nodes(service, ({ topics }) => topics.includes(topic))
      .filter(({ id, info }) => this.#isSibling(id) && info.slot === slot && !info.draining)
      .sort((one, other) => other.info.generation - one.info.generation)[0];
  }

  /**
   * Asks all other processes.
   *
   * @throws {GoerError} `GOER_BUS` if one does not answer in time.
   */
  async ask(service: string, question: Question): Promise<unknown[]> {
    if (this.#links.length === 0) return [];
    await this.acquaint();
    const nodes = this.#nodes.with(service, ({ serves }) => serves).map(({ id }) => id);
    return await this.#questions.ask(nodes, (id) => {
      this.publish(this.names.control, { type: "question", id, service, question });
    });
  }

  /** Says goodbye, and disconnects. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#heartbeat?.cancel();
    if (this.#engaged !== undefined) {
      this.publish(this.names.control, { type: "gone", nodes: [this.id] });
    }
    await Promise.all(this.#links.map((link) => link.close()));
  }

  // ---- received messages ----

  #receive(message: Uint8Array, link: BusLink): void {
    const envelope = unpackEnvelope(message);
    if (envelope === undefined) {
      this.#malformed++;
      return;
    }
    const { header, content } = envelope;
    if (header.from === this.id) return;
    if (link === this.#broker && this.#isSibling(header.from)) return;
    this.#handle(header, content);
  }

  #handle(header: Header, content: unknown): void {
    const { from } = header;
    switch (header.type) {
      case "node":
        return this.#met(from, header.info, header.reply);
      case "gone":
        return header.nodes.forEach((node) => this.#gone(node));
      case "answer":
        return this.#questions.answered(header.id, from, header.value, header.error);
      case "question":
        return this.#answer(from, header);
      default:
        return this.#services.get(header.service)?.receive(header, content);
    }
  }

  #answer(from: NodeId, { id, service, question }: Header & { type: "question" }): void {
    const value = this.#services.get(service)?.answer(question);
    try {
      this.send(from, { type: "answer", id, value });
    } catch (error) {
      this.send(from, { type: "answer", id, value: null, error: String(error) });
    }
  }

  #met(id: NodeId, info: NodeInfo, reply: boolean): void {
    const before = this.#nodes.update(id, info);
    this.#barrier.met(id);
    if (reply) this.send(id, { type: "node", info: this.#info, reply: false });
    for (const [name, { listens }] of Object.entries(info.services)) {
      const listened = !reply && before?.services[name]?.listens === true;
      if (listens && !listened) this.#services.get(name)?.listenerCame(id);
    }
  }

  #gone(id: NodeId): void {
    this.#questions.gone(id);
    if (!this.#nodes.remove(id)) return;
    for (const service of this.#services.values()) service.nodeGone(id);
  }

  #siblingsEnded(alive: (worker: number) => boolean): void {
    const ended = this.#nodes.all.map(({ id }) => id)
      .filter((id) => this.#isSibling(id) && !alive(workerOf(id)));
    for (const id of ended) this.#gone(id);
    if (ended.length === 0 || this.#broker === undefined) return;
    const packed = packEnvelope({ from: this.id, type: "gone", nodes: ended });
    this.#broker.publish(this.names.control, packed, true);
  }

  // ---- the state of this process ----

  get #info(): NodeInfo {
    const { slot, generation } = this.#place;
    const services = [...this.#services.values()].map(({ name, facts }) => [name, facts]);
    return { slot, generation, draining: this.#draining, services: Object.fromEntries(services) };
  }

  #announce(reply: boolean): void {
    this.publish(this.names.control, { type: "node", info: this.#info, reply });
  }

  #beat(): void {
    const packed = packEnvelope({ from: this.id, type: "node", info: this.#info, reply: false });
    if (this.#broker!.statistics.state === "ready") {
      this.#broker!.publish(this.names.control, packed, true);
    }
    const since = performance.now() - SILENCE;
    for (const { id, seen } of this.#nodes.all) {
      if (seen < since && !this.#isSibling(id)) this.#gone(id);
    }
  }

  #isSibling(id: NodeId): boolean {
    return siteOf(id) === this.#place.site;
  }

  #busFailed(cause: Error, link: BusLink): void {
    // This is not a failure: the supervisor is being replaced and returns in a moment.
    if (link === this.#local) return;
    // Nothing reaches these processes now. They introduce themselves again when the broker is back.
    const beyond = this.#nodes.all.map(({ id }) => id).filter((id) => !this.#isSibling(id));
    this.#barrier.away(beyond);
    for (const id of beyond) this.#gone(id);
    const error = link.failure(cause);
    for (const service of this.#services.values()) service.busFailed(error);
  }

  #busBack(link: BusLink): void {
    if (this.#engaged !== undefined) {
      const packed = packEnvelope({ from: this.id, type: "node", info: this.#info, reply: true });
      link.publish(this.names.control, packed, true);
    }
    if (link === this.#local) link.release();
    else this.#barrier.back();
  }
}
