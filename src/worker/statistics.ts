/**
 * What a worker has done and used.
 *
 * @module
 */

import type { StreamConnection } from "../connection/stream.ts";
import { clusterStatistics } from "../cluster/process.ts";
import { resourceUsage } from "../runtime/process/resource_usage.ts";
import type { Server } from "../server.ts";
import { timers } from "../timer/timers.ts";
import type {
  ConnectionStatistics,
  ServiceCounters,
  WorkerStatistics,
} from "../supervisor/ipc/messages.ts";
import { Histogram, sumOfCounts, sumOfHistograms } from "../histogram.ts";
import type { ServedService } from "./served_service.ts";

/** Measures processor use and the event loop's delay between samples. */
export class Gauge {
  #at = performance.now();
  #processorTime = resourceUsage().processorTime;
  #probedAt = 0;
  #worst = 0;
  /** All delays since the start. */
  readonly loopDelays = new Histogram();
  /** Share of one processor between the last two samples, in percent. */
  processor = 0;
  /** How late timers ran at worst between the last two samples, in ms. */
  loopDelay = 0;

  /** Ends one span and begins the next. */
  sample(): void {
    const now = performance.now();
    const { processorTime } = resourceUsage();
    this.processor = (processorTime - this.#processorTime) / (now - this.#at) * 100;
    this.loopDelay = this.#worst;
    this.#at = now;
    this.#processorTime = processorTime;
    this.#worst = 0;
    this.#probe();
  }

  #probe(): void {
    this.#probedAt = performance.now();
    setTimeout(() => {
      const delay = Math.max(performance.now() - this.#probedAt - PROBE_DELAY, 0);
      this.#worst = Math.max(this.#worst, delay);
      this.loopDelays.add(delay / 1000);
    }, PROBE_DELAY);
  }
}

/** After how long a probe of the event loop is due, in ms. */
const PROBE_DELAY = 20;

/** The names of counters. */
type Counter = Exclude<keyof Server["statistics"], "ended" | "handlerTimes">;

/** Sums up what a worker has done. */
export function workerStatistics(served: ServedService[], gauge: Gauge): WorkerStatistics {
  const usage = resourceUsage();
  const servers = served.flatMap((service) => service.servers);
  const sum = (name: Counter) =>
    servers.reduce((total, { statistics }) => total + statistics[name], 0);
  return {
    memory: usage.memory,
    processor: gauge.processor,
    loopDelay: gauge.loopDelay,
    connections: servers.reduce((total, { connections }) => total + connections.size, 0),
    messages: sum("messages"),
    bytesRead: sum("bytesRead"),
    bytesWritten: sum("bytesWritten"),
    sendFailures: sum("sendFailures"),
    handlerErrors: sum("handlerErrors"),
    refused: sum("refused") + sum("rejected"),
    delayed: sum("delayed"),
    timers: served.reduce((total, { goer }) => total + goer.timers.size, timers.size),
    clusters: clusterStatistics(),
    processorTime: usage.processorTime,
    loopDelays: gauge.loopDelays.report(),
    services: served.map(serviceCounters),
  };
}

function serviceCounters({ key, servers }: ServedService): ServiceCounters {
  const sum = (name: Counter) =>
    servers.reduce((total, { statistics }) => total + statistics[name], 0);
  const times = servers.flatMap(({ statistics }) => statistics.handlerTimes?.report() ?? []);
  const connections = servers.flatMap(({ connections }) => [...connections] as ListedConnection[]);
  return {
    key,
    open: connections.length,
    queued: connections.reduce((total, { bufferedBytes }) => total + bufferedBytes, 0),
    accepted: sum("connections"),
    ended: sumOfCounts(servers.map(({ statistics }) => statistics.ended)),
    refused: sum("refused"),
    rejected: sum("rejected"),
    delayed: sum("delayed"),
    messages: sum("messages"),
    bytesRead: sum("bytesRead"),
    bytesWritten: sum("bytesWritten"),
    sendFailures: sum("sendFailures"),
    handlerErrors: sum("handlerErrors"),
    handlerTimes: times.length === 0 ? undefined : sumOfHistograms(times),
  };
}

/** The listed properties of a connection, which `node:http` may serve. */
type ListedConnection =
  & Pick<
    StreamConnection,
    | "id"
    | "protocolName"
    | "remoteAddress"
    | "since"
    | "bytesRead"
    | "bytesWritten"
    | "bufferedBytes"
  >
  & { readonly open?: boolean };

/** How many connections a worker lists, so that they fit into one message. */
const MAX_LISTED = 20_000;

/** Lists a worker's connections, or the first of them. */
export function connectionStatistics(served: ServedService[]): ConnectionStatistics[] {
  const listed = served.flatMap(({ goer, servers }) =>
    servers.flatMap(({ connections }) =>
      ([...connections] as ListedConnection[]).map((connection) => ({
        id: connection.id,
        service: goer.name,
        protocol: connection.protocolName,
        remoteAddress: connection.remoteAddress,
        state: (connection.open ?? true) ? "open" as const : "closing" as const,
        age: Date.now() - connection.since,
        bytesRead: connection.bytesRead,
        bytesWritten: connection.bytesWritten,
        bufferedBytes: connection.bufferedBytes,
      }))
    )
  );
  return listed.slice(0, MAX_LISTED);
}
