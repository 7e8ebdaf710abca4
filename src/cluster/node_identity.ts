/**
 * Where a process stands among others, and what leads to them.
 *
 * @module
 */

import type { Bus } from "./drivers/bus.ts";
import type { BusStatistics } from "./bus_link.ts";

/** Where this process stands among others. */
export interface NodeIdentity {
  /** What one supervisor has started, by a name that no other uses. */
  readonly site: string;
  /** The worker's number, never used again within its site; 0 without a supervisor. */
  readonly worker: number;
  readonly slot: number;
  readonly generation: number;
}

/** Options of an {@linkcode Cluster}. */
export interface ClusterOptions {
  prefix: string;
  /** How many bytes may wait for a bus that is away. */
  maxQueue: number;
  /** How long an answer may take, in ms. */
  timeout: number;
  /** The way to other machines, where there is one. */
  broker?: Bus;
}

/** What the cluster tells of itself. */
export interface ClusterStatistics {
  buses: BusStatistics[];
  /** Other processes that are known. */
  nodes: number;
  /** Messages that were none of ours. */
  malformed: number;
}
