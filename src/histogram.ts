/**
 * Counts measured times by size.
 *
 * @module
 */

import { processWide } from "./runtime/process/process_wide.ts";

/**
 * The upper bounds of the buckets, in seconds. They span what a handler or a blocked event loop
 * takes.
 */
export const BUCKETS: readonly number[] = [0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

/** Whether handlers are measured in this process: only where an admin listener shows the times. */
export const measuring: { handlers: boolean } = processWide("measuring", () => {
  return { handlers: false };
});

/** Counts times. */
export class Histogram {
  readonly #counts: number[] = new Array(BUCKETS.length + 1).fill(0);
  #sum = 0;

  /** Counts a time in seconds. */
  add(seconds: number): void {
    const index = BUCKETS.findIndex((bound) => seconds <= bound);
    this.#counts[index < 0 ? BUCKETS.length : index]++;
    this.#sum += seconds;
  }

  /** The counts of the buckets, and the sum in seconds. */
  report(): { counts: number[]; sum: number } {
    return { counts: [...this.#counts], sum: this.#sum };
  }
}

/** Adds up reports of histograms. */
export function sumOfHistograms(
  reports: readonly { counts: readonly number[]; sum: number }[],
): { counts: number[]; sum: number } {
  const total = { counts: new Array<number>(BUCKETS.length + 1).fill(0), sum: 0 };
  for (const { counts, sum } of reports) {
    counts.forEach((count, index) => total.counts[index] = (total.counts[index] ?? 0) + count);
    total.sum += sum;
  }
  return total;
}

/** Adds up counts by their keys. Undefined ones are skipped. */
export function sumOfCounts(
  reports: readonly (Readonly<Record<string, number>> | undefined)[],
): Record<string, number> {
  const total: Record<string, number> = {};
  for (const report of reports) {
    for (const [key, count] of Object.entries(report ?? {})) total[key] = (total[key] ?? 0) + count;
  }
  return total;
}
