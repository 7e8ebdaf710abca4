/**
 * The identity of a process in a cluster, and how to reach the others.
 *
 * @module
 */

import type { Bus } from "./drivers/bus.ts";
import type { BusStatistics } from "./bus_link.ts";

/** The identity of this process. */
export interface NodeIdentity {
  /** A unique name for everything that one supervisor has started. */
  readonly site: string;
  /** The worker's number, unique within its site; 0 without a supervisor. */
  readonly worker: number;
  readonly slot: number;
  readonly generation: number;
}

/** Options of an {@linkcode Cluster}. */
export interface ClusterOptions {
  prefix: string;
  /** How many bytes can be queued for a bus that is away. */
  maxQueue: number;
  /** How long to wait for an answer, in ms. */
  timeout: number;
  /** The way to other machines, if there is one. */
  broker?: Bus;
}

/** What `status` shows about a cluster. */
export interface ClusterStatistics {
  buses: BusStatistics[];
  /** Other known processes. */
  nodes: number;
  /** Messages that could not be decoded. */
  malformed: number;
}
