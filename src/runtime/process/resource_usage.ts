/**
 * Resource usage of this process and the system.
 *
 * @module
 */

import { loadavg, uptime } from "node:os";
import process from "node:process";

/** Resource usage of this process. */
export interface ResourceUsage {
  /** Memory in bytes (resident set). */
  memory: number;
  /** CPU time since the start, in ms. */
  processorTime: number;
}

/** The last known memory. */
let memory = 0;

/** Reads the resource usage of this process. */
export function resourceUsage(): ResourceUsage {
  const { user, system } = process.cpuUsage();
  try {
    memory = process.memoryUsage.rss();
  } catch {
    // It is in a file, and no descriptor is available to open it.
  }
  return { memory, processorTime: (user + system) / 1000 };
}

/** The system's uptime, in µs: a clock that processes share, with any resolution. */
export function systemUptime(): number {
  return Math.round(uptime() * 1e6);
}

/** The system's load averages over 1, 5 and 15 minutes. */
export function loadAverages(): number[] {
  return loadavg();
}
