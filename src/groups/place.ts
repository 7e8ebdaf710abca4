/**
 * Where a process stands among others, and what leads to them.
 *
 * @module
 */

import type { Bus } from "../bus/bus.ts";
import type { BusStatistics } from "./bus_link.ts";

/** The bus between the workers of one supervisor, which knows who they are. */
export interface LocalBus extends Bus {
  /** The numbers of the workers that have subscribed to `channel`. */
  peers(channel: string): Promise<number[]>;
  /** Calls `listener` where workers have ended, with what tells those that live from them. */
  onEnded(listener: (alive: (worker: number) => boolean) => void): void;
}

/** Where this process stands among others. */
export interface Place {
  /** What one supervisor has started, by a name that no other uses. */
  readonly site: string;
  /** The worker's number, never used again within its site; 0 without a supervisor. */
  readonly worker: number;
  readonly slot: number;
  readonly generation: number;
}

/** Options of an {@linkcode Exchange}. */
export interface ExchangeOptions {
  prefix: string;
  /** How many bytes may wait for a bus that is away. */
  maxQueue: number;
  /** How long an answer may take, in ms. */
  timeout: number;
  /** The way to other machines, where there is one. */
  broker?: Bus;
}

/** What the exchange tells of itself. */
export interface ExchangeStatistics {
  buses: BusStatistics[];
  /** Other processes that are known. */
  nodes: number;
  /** Messages that were none of ours. */
  malformed: number;
}
