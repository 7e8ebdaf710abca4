/**
 * The clusters of this process.
 *
 * @module
 */

import { parseBrokerAddress } from "./drivers/broker_address.ts";
import type { Bus, BusEvents } from "./drivers/bus.ts";
import { createBus } from "./drivers/open_bus.ts";
import { processWide } from "../runtime/process/process_wide.ts";
import { workerIdentity } from "../start_info.ts";
import { type BusOptions, DEFAULT_BUS_OPTIONS } from "./bus_options.ts";
import { Cluster } from "./cluster.ts";
import type { LocalBus } from "./drivers/bus.ts";
import type { ClusterStatistics, NodeIdentity } from "./node_identity.ts";

/** The bus to the other workers of this supervisor. */
const siblings = processWide<{ bus?: LocalBus }>("siblings", () => ({}));

/** Services with the same bus and prefix share a cluster. */
const clusters = processWide("clusters", () => new Map<string | Bus, Map<string, Cluster>>());

function ownIdentity(): NodeIdentity {
  const { site, id, slot, generation } = workerIdentity();
  return { site, worker: id, slot, generation };
}

/** The other workers of this supervisor can now be reached. */
export function connectWorkers(bus: LocalBus): void {
  siblings.bus = bus;
  for (const cluster of all()) cluster.connectLocal(bus);
}

/** The cluster for a service with these options. */
export function clusterFor(options: BusOptions): Cluster {
  const {
    bus = DEFAULT_BUS_OPTIONS.bus,
    busPrefix = DEFAULT_BUS_OPTIONS.busPrefix,
    maxBusQueueSize = DEFAULT_BUS_OPTIONS.maxBusQueueSize,
    busTimeout = DEFAULT_BUS_OPTIONS.busTimeout,
  } = options;
  let ofBus = clusters.get(bus);
  if (ofBus === undefined) clusters.set(bus, ofBus = new Map());
  let cluster = ofBus.get(busPrefix);
  if (cluster === undefined) {
    cluster = new Cluster(ownIdentity(), {
      prefix: busPrefix,
      maxQueue: maxBusQueueSize,
      timeout: busTimeout,
      broker: bus === "local" ? undefined : typeof bus === "string" ? new NamedBus(bus) : bus,
    });
    if (siblings.bus !== undefined) cluster.connectLocal(siblings.bus);
    ofBus.set(busPrefix, cluster);
  }
  return cluster;
}

/** Closes a cluster that no service uses any more. */
export async function closeCluster(cluster: Cluster): Promise<void> {
  for (const [bus, ofBus] of clusters) {
    for (const [prefix, one] of ofBus) if (one === cluster) ofBus.delete(prefix);
    if (ofBus.size === 0) clusters.delete(bus);
  }
  await cluster.close();
}

function all(): Cluster[] {
  return [...clusters.values()].flatMap((ofBus) => [...ofBus.values()]);
}

/** Waits until the other processes are known, for an app that may hand work to them. */
export async function meetOthers(): Promise<void> {
  await Promise.all(all().map((cluster) => cluster.acquaint()));
}

/** Stops accepting work for a single worker. */
export function drainClusters(): void {
  for (const cluster of all()) cluster.drain();
}

/** Says goodbye to all other processes. */
export async function closeClusters(): Promise<void> {
  await Promise.all(all().map(closeCluster));
}

/** What `status` shows about the clusters. */
export function clusterStatistics(): ClusterStatistics[] {
  return all().map(({ statistics }) => statistics);
}

/** The bus of an address. Its client is loaded when it is opened. */
class NamedBus implements Bus {
  readonly #address: string;
  #bus: Bus | undefined;

  constructor(address: string) {
    this.#address = address;
  }

  get name(): string {
    if (this.#bus !== undefined) return this.#bus.name;
    return parseBrokerAddress(this.#address).name;
  }

  get maxMessageSize(): number {
    return this.#bus!.maxMessageSize;
  }

  async open(events: BusEvents): Promise<void> {
    this.#bus = await createBus(this.#address);
    await this.#bus.open(events);
  }

  publish(channel: string, message: Uint8Array): void {
    this.#bus!.publish(channel, message);
  }

  subscribe(channel: string): Promise<void> {
    return this.#bus!.subscribe(channel);
  }

  unsubscribe(channel: string): void {
    this.#bus?.unsubscribe(channel);
  }

  async close(): Promise<void> {
    await this.#bus?.close();
  }
}
