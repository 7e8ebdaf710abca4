/**
 * What this process and the system use.
 *
 * @module
 */

import { loadavg, uptime } from "node:os";
import process from "node:process";

/** What this process has used. */
export interface ResourceUsage {
  /** Memory in bytes (resident set). */
  memory: number;
  /** Processor time since the start, in ms. */
  processorTime: number;
}

/** The memory that was read last. */
let memory = 0;

/** Reads what this process has used. */
export function resourceUsage(): ResourceUsage {
  const { user, system } = process.cpuUsage();
  try {
    memory = process.memoryUsage.rss();
  } catch {
    // It stands in a file, and no descriptor is left to open it.
  }
  return { memory, processorTime: (user + system) / 1000 };
}

/** How long the system has been up, in µs: the clock that processes share, however coarse. */
export function systemUptime(): number {
  return Math.round(uptime() * 1e6);
}

/** The system's load averages over 1, 5 and 15 minutes. */
export function loadAverages(): number[] {
  return loadavg();
}
