/**
 * What of groups there is once in a process: its place among others, and its exchanges.
 *
 * @module
 */

import { parseBrokerAddress } from "../bus/broker_address.ts";
import type { Bus, BusEvents } from "../bus/bus.ts";
import { createBus } from "../bus/open_bus.ts";
import { processWide } from "../runtime/process/process_wide.ts";
import { startInfo } from "../start_info.ts";
import { type BusOptions, DEFAULT_BUS_OPTIONS } from "./bus_options.ts";
import { Exchange } from "./exchange.ts";
import type { ExchangeStatistics, LocalBus, Place } from "./place.ts";

/** Where this process stands: known from its start, before anything is connected. */
function ownPlace(): Place {
  return processWide("place", readPlace);
}

/** The way to the other workers of this supervisor. */
const siblings = processWide<{ bus?: LocalBus }>("siblings", () => ({}));

/** Services with the same bus and prefix share an exchange. */
const exchanges = processWide("exchanges", () => new Map<string | Bus, Map<string, Exchange>>());

function readPlace(): Place {
  const { worker } = startInfo();
  if (worker === undefined) {
    return { site: crypto.randomUUID(), worker: 0, slot: 0, generation: 0 };
  }
  const { site, id, slot, generation } = worker;
  return { site, worker: id, slot, generation };
}

/** There is a way to the other workers of this supervisor. */
export function connectWorkers(bus: LocalBus): void {
  siblings.bus = bus;
  for (const exchange of all()) exchange.connectLocal(bus);
}

/** The exchange of a service with these options. */
export function exchangeFor(options: BusOptions): Exchange {
  const {
    bus = DEFAULT_BUS_OPTIONS.bus,
    busPrefix = DEFAULT_BUS_OPTIONS.busPrefix,
    maxBusQueueSize = DEFAULT_BUS_OPTIONS.maxBusQueueSize,
    busTimeout = DEFAULT_BUS_OPTIONS.busTimeout,
  } = options;
  let ofBus = exchanges.get(bus);
  if (ofBus === undefined) exchanges.set(bus, ofBus = new Map());
  let exchange = ofBus.get(busPrefix);
  if (exchange === undefined) {
    exchange = new Exchange(ownPlace(), {
      prefix: busPrefix,
      maxQueue: maxBusQueueSize,
      timeout: busTimeout,
      broker: bus === "local" ? undefined : typeof bus === "string" ? new NamedBus(bus) : bus,
    });
    if (siblings.bus !== undefined) exchange.connectLocal(siblings.bus);
    ofBus.set(busPrefix, exchange);
  }
  return exchange;
}

/** An exchange that no service uses any more. */
export async function closeExchange(exchange: Exchange): Promise<void> {
  for (const [bus, ofBus] of exchanges) {
    for (const [prefix, one] of ofBus) if (one === exchange) ofBus.delete(prefix);
    if (ofBus.size === 0) exchanges.delete(bus);
  }
  await exchange.close();
}

/** All exchanges of this process. */
function all(): Exchange[] {
  return [...exchanges.values()].flatMap((ofBus) => [...ofBus.values()]);
}

/** This process takes on no more of what is for one worker. */
export function drainExchanges(): void {
  for (const exchange of all()) exchange.drain();
}

/** Says goodbye to all other processes. */
export async function closeExchanges(): Promise<void> {
  await Promise.all(all().map(closeExchange));
}

/** What `status` tells of the exchanges. */
export function exchangeStatistics(): ExchangeStatistics[] {
  return all().map(({ statistics }) => statistics);
}

/** The bus of an address: what speaks to it is loaded when it is opened. */
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
