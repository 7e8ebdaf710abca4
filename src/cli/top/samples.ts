/**
 * Rates, from two samples of a running app.
 *
 * @module
 */

import type { WorkerStatistics } from "../../supervisor/ipc/messages.ts";
import type {
  ConnectionStatus,
  StatusReport,
  WorkerStatus,
} from "../../supervisor/workers/status.ts";

/** What was known of an app at one time. */
export interface Sample {
  /** When, in ms of any clock. */
  time: number;
  report: StatusReport;
  connections: readonly ConnectionStatus[];
}

/** How much happens per second. */
export interface Rates {
  messages: number;
  bytesRead: number;
  bytesWritten: number;
  errors: number;
}

/** A worker, and its rates if it was in both samples. */
export interface WorkerRow {
  key: string;
  worker: WorkerStatus;
  rates?: Rates;
}

/** A connection, and how many bytes per second it receives and sends. */
export interface ConnectionRow {
  key: string;
  connection: ConnectionStatus;
  bytesRead: number;
  bytesWritten: number;
}

/** The workers of a sample. */
export function workerRows(before: Sample | undefined, now: Sample): WorkerRow[] {
  const known = new Map(before?.report.workers.map((one) => [one.id, one.statistics]));
  const seconds = before === undefined ? 0 : (now.time - before.time) / 1000;
  return now.report.workers.map((worker) => {
    const old = known.get(worker.id);
    const { statistics } = worker;
    const rates = old && statistics && seconds > 0
      ? ratesBetween(old, statistics, seconds)
      : undefined;
    return { key: `worker ${worker.id}`, worker, rates };
  });
}

function ratesBetween(
  before: WorkerStatistics,
  now: WorkerStatistics,
  seconds: number,
): Rates {
  return {
    messages: (now.messages - before.messages) / seconds,
    bytesRead: (now.bytesRead - before.bytesRead) / seconds,
    bytesWritten: (now.bytesWritten - before.bytesWritten) / seconds,
    errors: (now.handlerErrors - before.handlerErrors) / seconds,
  };
}

/** The rates of the whole app. */
export function sumOfRates(rows: readonly WorkerRow[]): Rates {
  const sum: Rates = { messages: 0, bytesRead: 0, bytesWritten: 0, errors: 0 };
  for (const { rates } of rows) {
    if (rates === undefined) continue;
    sum.messages += rates.messages;
    sum.bytesRead += rates.bytesRead;
    sum.bytesWritten += rates.bytesWritten;
    sum.errors += rates.errors;
  }
  return sum;
}

/** The connections of a sample, from the one with the most traffic. */
export function busiestConnections(before: Sample | undefined, now: Sample): ConnectionRow[] {
  const known = new Map(before?.connections.map((one) => [keyOf(one), one]));
  const rows = now.connections.map((connection) => {
    const key = keyOf(connection);
    const old = known.get(key);
    // The age is of the worker's clock: the answers of workers may be older than the sample.
    const seconds = (connection.age - (old?.age ?? 0)) / 1000;
    const rate = (name: "bytesRead" | "bytesWritten") =>
      seconds > 0 ? (connection[name] - (old?.[name] ?? 0)) / seconds : 0;
    return { key, connection, bytesRead: rate("bytesRead"), bytesWritten: rate("bytesWritten") };
  });
  return rows.sort((one, other) =>
    other.bytesRead + other.bytesWritten - one.bytesRead - one.bytesWritten ||
    other.connection.bufferedBytes - one.connection.bufferedBytes ||
    other.connection.age - one.connection.age
  );
}

function keyOf({ worker, id }: ConnectionStatus): string {
  return `connection ${worker}:${id}`;
}
