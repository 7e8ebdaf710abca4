/**
 * The metrics of an app.
 *
 * @module
 */

import { END_REASONS } from "../connection/end_reason.ts";
import type { Observation } from "../supervisor/admin.ts";
import type { ServiceCounters } from "../supervisor/ipc/messages.ts";
import type { WorkerStatus } from "../supervisor/workers/status.ts";
import type { Family, Sample } from "./exposition.ts";

/** All metrics, from one observation. */
export function metricsOf(observation: Observation): Family[] {
  return [
    ...appMetrics(observation),
    ...serviceMetrics(observation),
    ...workerMetrics(observation),
    ...busMetrics(observation),
  ].filter(({ samples }) => samples.length > 0);
}

function appMetrics({ status, totals, unready }: Observation): Family[] {
  const { version, runtime, uptime, memory } = status;
  const started = (Date.now() - uptime) / 1000;
  const { reloaded, cancelled, reloadTime, deaths, processorTime, loopDelays } = totals;
  return [
    gauge("goer_build_info", "The version of Goer and its runtime.", [
      { labels: { version, runtime }, value: 1 },
    ]),
    gauge("goer_ready", "1 if the app is ready, as in /readyz.", [
      { value: unready === undefined ? 1 : 0 },
    ]),
    seconds(
      gauge("goer_start_time_seconds", "When the app was started.", [{ value: started }]),
    ),
    bytes(
      gauge("goer_supervisor_memory_bytes", "Resident memory of the supervisor.", [
        { value: memory },
      ]),
    ),
    counter("goer_worker_restarts", "Workers that ended without being asked to.", [
      { value: deaths },
    ]),
    counter("goer_reloads", "Reloads by their result.", [
      { labels: { result: "done" }, value: reloaded },
      { labels: { result: "cancelled" }, value: cancelled },
    ]),
    counter("goer_upgrades", "Upgrades that succeeded.", [{ value: status.upgrades }]),
    seconds({
      name: "goer_reload_duration_seconds",
      type: "summary",
      help: "How long reloads have taken, until the new workers served.",
      samples: [{ value: { counts: [reloaded + cancelled], sum: reloadTime } }],
    }),
    seconds(
      counter("goer_worker_cpu_seconds", "CPU time of all workers.", [
        { value: processorTime / 1000 },
      ]),
    ),
    seconds({
      name: "goer_event_loop_delay_seconds",
      type: "histogram",
      help: "How late timers ran in workers, measured twice a second.",
      samples: [{ value: loopDelays }],
    }),
  ];
}

/** The reason of connections whose worker was killed, or ended before they did. */
const WORKER_ENDED = "worker_ended";

function serviceMetrics({ totals, names }: Observation): Family[] {
  const each = (value: (counters: ServiceCounters) => number): Sample[] =>
    totals.services.map((counters) => ({
      labels: { service: names[counters.key] ?? counters.key },
      value: value(counters),
    }));
  return [
    gauge("goer_connections", "Open connections.", each(({ open }) => open)),
    counter("goer_connections_accepted", "Accepted connections.", each((one) => one.accepted)),
    counter(
      "goer_connections_closed",
      "Connections that have ended, by what has made them end.",
      totals.services.flatMap(({ key, ended = {} }) =>
        [...END_REASONS, WORKER_ENDED].map((reason) => ({
          labels: { service: names[key] ?? key, reason },
          value: ended[reason] ?? 0,
        }))
      ),
    ),
    counter(
      "goer_connections_refused",
      "Connections refused because of a limit or a PROXY header.",
      each(({ refused }) => refused),
    ),
    counter(
      "goer_messages_rejected",
      "Messages and datagrams refused because of clientLimits.",
      each(({ rejected = 0 }) => rejected),
    ),
    counter(
      "goer_client_delays",
      "How many times clients had to wait because of clientLimits.",
      each(({ delayed = 0 }) => delayed),
    ),
    counter("goer_messages_received", "Messages given to handlers.", each((one) => one.messages)),
    bytes(counter("goer_received_bytes", "Bytes received.", each((one) => one.bytesRead))),
    bytes(counter("goer_sent_bytes", "Bytes sent.", each((one) => one.bytesWritten))),
    counter(
      "goer_send_failures",
      "Messages that send() refused.",
      each(({ sendFailures }) => sendFailures),
    ),
    counter(
      "goer_handler_errors",
      "Handlers that threw or rejected.",
      each(({ handlerErrors }) => handlerErrors),
    ),
    seconds({
      name: "goer_handler_duration_seconds",
      type: "histogram",
      help: "How long onMessage took, until its promise settled.",
      samples: totals.services.flatMap(({ key, handlerTimes }) =>
        handlerTimes ? [{ labels: { service: names[key] ?? key }, value: handlerTimes }] : []
      ),
    }),
    bytes(gauge("goer_queued_bytes", "Bytes that wait to be sent.", each((one) => one.queued))),
  ];
}

const STATES: readonly WorkerStatus["state"][] = ["starting", "ready", "busy", "draining"];

function workerMetrics({ status, names }: Observation): Family[] {
  const { workers } = status;
  const each = (value: (statistics: NonNullable<WorkerStatus["statistics"]>) => number): Sample[] =>
    // An old worker that finishes its connections shares the slot of its replacement.
    [...sumBy(workers, (worker) => workerName(worker, workers, names), (worker) => {
      return worker.statistics === undefined ? undefined : value(worker.statistics);
    })].map(([worker, value]) => ({ labels: { worker }, value }));
  return [
    gauge(
      "goer_workers",
      "Workers by state. A busy one did not answer in time.",
      STATES.map((state) => ({
        labels: { state },
        value: workers.filter((worker) => worker.state === state).length,
      })),
    ),
    gauge(
      "goer_worker_connections",
      "Open connections of the workers in a slot.",
      each(({ connections }) => connections),
    ),
    bytes(
      gauge(
        "goer_worker_memory_bytes",
        "Resident memory of the workers in a slot.",
        each(({ memory }) => memory),
      ),
    ),
    gauge("goer_worker_timers", "Timers that are set.", each(({ timers }) => timers)),
  ];
}

/** The slot of a worker; with the name of its service, if there are several kinds of workers. */
function workerName(
  { slot, services }: WorkerStatus,
  workers: readonly WorkerStatus[],
  names: Readonly<Record<string, string>>,
): string {
  const kinds = new Set(workers.map((worker) => worker.services.join()));
  const [key = ""] = services;
  return kinds.size > 1 ? `${names[key] ?? key}/${slot}` : String(slot);
}

function sumBy<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  value: (item: Item) => number | undefined,
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const item of items) {
    const one = value(item);
    if (one !== undefined) sums.set(keyOf(item), (sums.get(keyOf(item)) ?? 0) + one);
  }
  return sums;
}

function busMetrics({ status, totals }: Observation): Family[] {
  const rows = status.workers.flatMap(({ slot, statistics }) =>
    (statistics?.clusters ?? []).flatMap(({ buses }) =>
      buses.map(({ name, state, queued }) => ({
        name: `${name}/${slot}`,
        bus: name,
        state,
        queued,
      }))
    )
  );
  const per = (value: (row: typeof rows[number]) => number): Sample[] =>
    [...sumBy(rows, ({ bus }) => bus, value)].map(([bus, value]) => ({ labels: { bus }, value }));
  return [
    gauge(
      "goer_bus_connections",
      "Workers whose connection to this bus is ready.",
      per(({ state }) => state === "ready" ? 1 : 0),
    ),
    counter(
      "goer_bus_messages_dropped",
      "Messages dropped because the queue for this bus was full.",
      (totals.busDrops ?? []).map(({ name, dropped }) => ({
        labels: { bus: name },
        value: dropped,
      })),
    ),
    bytes(
      gauge("goer_bus_queued_bytes", "Bytes that wait for this bus.", per(({ queued }) => queued)),
    ),
  ];
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, type: "gauge", help, samples };
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, type: "counter", help, samples };
}

function bytes(family: Family): Family {
  return { ...family, unit: "bytes" };
}

function seconds(family: Family): Family {
  return { ...family, unit: "seconds" };
}
