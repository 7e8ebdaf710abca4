/**
 * Counters of the whole app. They include workers that have ended, so they never fall.
 *
 * @module
 */

import { sumOfCounts, sumOfHistograms } from "../../histogram.ts";
import { integer, listOf, name, number, optional, record, type Shape } from "../../shapes.ts";
import { SERVICE_COUNTERS } from "../ipc/message_shapes.ts";
import type { HistogramCounts, ServiceCounters, WorkerStatistics } from "../ipc/messages.ts";

/** How many messages for one bus were dropped. */
export interface BusDrops {
  name: string;
  dropped: number;
}

/** The counters of an app. */
export interface AppTotals {
  services: ServiceCounters[];
  /** CPU time of workers, in ms. */
  processorTime: number;
  /** Delays of the event loops of workers. */
  loopDelays: HistogramCounts;
  /** Messages that were dropped because the queue for a bus was full. */
  busDrops?: BusDrops[];
  /** How many workers have ended without being asked to. */
  deaths: number;
  /** Reloads and upgrades that have succeeded, and those that were cancelled. */
  reloaded: number;
  cancelled: number;
  /** How long reloads have taken, in seconds. */
  reloadTime: number;
}

/** The shape of saved totals. */
export const APP_TOTALS: Shape<AppTotals> = record<AppTotals>({
  services: listOf(SERVICE_COUNTERS),
  processorTime: number,
  loopDelays: record<HistogramCounts>({ counts: listOf(integer()), sum: number }),
  busDrops: optional(listOf(record<BusDrops>({ name, dropped: integer() }))),
  deaths: integer(),
  reloaded: integer(),
  cancelled: integer(),
  reloadTime: number,
});

/** A report with everything at 0. */
function noTotals(): AppTotals {
  return {
    services: [],
    processorTime: 0,
    loopDelays: { counts: [], sum: 0 },
    deaths: 0,
    reloaded: 0,
    cancelled: 0,
    reloadTime: 0,
  };
}

/** Adds up counters. */
export class Totals {
  /** The counters of workers that have ended. */
  #ended: AppTotals = noTotals();
  /** What each running worker has last reported. */
  readonly #running = new Map<number, WorkerStatistics>();
  #reloadingSince: number | undefined;
  #reloads = 0;

  /** Continues with the totals of a previous supervisor. */
  restore(saved: AppTotals | undefined): void {
    if (saved) this.#ended = saved;
  }

  /** A worker has reported its counters. */
  reported(worker: number, statistics: WorkerStatistics): void {
    this.#running.set(worker, statistics);
  }

  /** A worker has ended. `died` is true if nothing has told it to. */
  left(worker: number, died: boolean): void {
    const last = this.#running.get(worker);
    this.#running.delete(worker);
    if (last) add(this.#ended, last, true);
    if (died) this.#ended.deaths++;
  }

  /** A reload has begun. */
  reloading(): void {
    this.#reloadingSince = performance.now();
  }

  /** The app serves. `reloads` is how many have succeeded. */
  ready(reloads: number): void {
    if (this.#reloadingSince !== undefined) {
      this.#ended.reloadTime += (performance.now() - this.#reloadingSince) / 1000;
      if (reloads > this.#reloads) this.#ended.reloaded++;
      else this.#ended.cancelled++;
    }
    this.#reloads = reloads;
    this.#reloadingSince = undefined;
  }

  /** The counters of workers that have ended and of those that run. */
  report(): AppTotals {
    const total = structuredClone(this.#ended);
    for (const statistics of this.#running.values()) add(total, statistics, false);
    return total;
  }

  /** What a new supervisor needs. Its workers report their own counters again. */
  save(): AppTotals {
    return this.#ended;
  }
}

const COUNTERS = [
  "accepted",
  "refused",
  "rejected",
  "delayed",
  "messages",
  "bytesRead",
  "bytesWritten",
  "sendFailures",
  "handlerErrors",
] as const satisfies readonly (keyof ServiceCounters)[];

function add(total: AppTotals, statistics: WorkerStatistics, ended: boolean): void {
  total.processorTime += statistics.processorTime ?? 0;
  if (statistics.loopDelays) {
    total.loopDelays = sumOfHistograms([total.loopDelays, statistics.loopDelays]);
  }
  for (const { name, dropped } of statistics.clusters.flatMap(({ buses }) => buses)) {
    const drops = total.busDrops ??= [];
    const bus = drops.find((one) => one.name === name);
    if (bus) bus.dropped += dropped;
    else drops.push({ name, dropped });
  }
  for (const counters of statistics.services ?? []) addService(total, counters, ended);
}

const NO_TIMES: HistogramCounts = { counts: [], sum: 0 };

function addService(total: AppTotals, counters: ServiceCounters, ended: boolean): void {
  // The connections of a process end with it.
  const { open, queued } = ended ? { open: 0, queued: 0 } : counters;
  const ends = ended && counters.open > 0
    ? sumOfCounts([counters.ended, { worker_ended: counters.open }])
    : counters.ended;
  const sum = total.services.find(({ key }) => key === counters.key);
  if (sum === undefined) {
    return void total.services.push({ ...counters, open, queued, ended: ends });
  }
  sum.open += open;
  sum.queued += queued;
  sum.ended = sumOfCounts([sum.ended, ends]);
  if (counters.handlerTimes) {
    sum.handlerTimes = sumOfHistograms([sum.handlerTimes ?? NO_TIMES, counters.handlerTimes]);
  }
  for (const name of COUNTERS) sum[name] = (sum[name] ?? 0) + (counters[name] ?? 0);
}
