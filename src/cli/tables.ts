/**
 * Tables for people.
 *
 * @module
 */

import { printable } from "../printable.ts";
import type { ConnectionStatus, StatusReport } from "../supervisor/workers/status.ts";

/** A column: its title, and its cell in a row. Numbers are right-aligned. */
type Column<Row> = readonly [title: string, cell: (row: Row) => string | number];

/** Lays rows out in columns. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map(([, cell]) => printableCell(cell(row))));
  const widths = columns.map(([title], column) =>
    Math.max(title.length, ...cells.map((row) => String(row[column]).length))
  );
  const line = (values: readonly (string | number)[]) =>
    values.map((value, column) =>
      typeof value === "number"
        ? String(value).padStart(widths[column])
        : value.padEnd(widths[column])
    ).join("  ").trimEnd() + "\n";
  return line(columns.map(([title]) => title)) + cells.map(line).join("");
}

/** Keeps a cell on one line: no text of a worker can look like another row. */
function printableCell(value: string | number): string | number {
  return typeof value === "number" ? value : printable(String(value));
}

/** What `goer status` shows. */
export function statusText(report: StatusReport): string {
  const { version, runtime, pid, phase, uptime, reloads, upgrades, load, app, memory, logFile } =
    report;
  return `goer ${version} on ${runtime}, process ${pid}, ${phase} for ${duration(uptime)}
${printable(app)}${logFile && `, log ${printable(logFile)}`}
reloads ${reloads}, upgrades ${upgrades}, load ${load.map((one) => one.toFixed(2)).join(" ")}, ` +
    `supervisor memory ${size(memory)}, sockets ${
      report.handoff === "inherit" ? "inherited" : "bound by workers"
    }

${table(SERVICE_COLUMNS, report.services)}
${table(WORKER_COLUMNS, report.workers)}${pausedText(report)}${busTable(report)}`;
}

/** Why there are fewer workers than asked for. */
function pausedText({ paused }: StatusReport): string {
  return paused.map(({ slot, pause, reason }) =>
    `\nslot ${slot} has no worker: ${printable(reason)}. Another one starts after ${pause} ms\n`
  ).join("");
}

/** The brokers that workers use, if any. */
function busTable({ workers }: StatusReport): string {
  const rows = workers.flatMap(({ id, statistics }) =>
    (statistics?.clusters ?? []).flatMap(({ buses, nodes, malformed }) =>
      buses.filter(({ name }) => name !== "local")
        .map((bus): BusRow => ({ ...bus, worker: id, nodes, malformed }))
    )
  );
  return rows.length === 0 ? "" : `\n${table(BUS_COLUMNS, rows)}`;
}

type ClusterRow = NonNullable<WorkerRow["statistics"]>["clusters"][number];
type BusRow = ClusterRow["buses"][number] & Omit<ClusterRow, "buses"> & { worker: number };

const BUS_COLUMNS: readonly Column<BusRow>[] = [
  ["WORKER", (bus) => bus.worker],
  ["BUS", (bus) => bus.name],
  ["STATE", (bus) => bus.state],
  ["PEERS", (bus) => bus.nodes],
  ["QUEUED", (bus) => size(bus.queued)],
  ["DROPPED", (bus) => bus.dropped],
  ["FOREIGN", (bus) => bus.malformed],
];

const SERVICE_COLUMNS: readonly Column<StatusReport["services"][number]>[] = [
  ["SERVICE", (service) => service.name],
  ["ADDRESS", (service) => service.address],
  ["PROTOCOL", (service) => service.protocol],
  ["WORKERS", (service) => service.workers],
];

type WorkerRow = StatusReport["workers"][number];

const WORKER_COLUMNS: readonly Column<WorkerRow>[] = [
  ["WORKER", (worker) => worker.id],
  ["PID", (worker) => worker.pid],
  ["SLOT", (worker) => worker.slot],
  ["GEN", (worker) => worker.generation],
  ["STATE", (worker) => worker.state],
  ["UPTIME", (worker) => duration(worker.uptime)],
  ["MEMORY", (worker) => size(worker.statistics?.memory)],
  ["CPU%", (worker) => fixed(worker.statistics?.processor)],
  ["DELAY", (worker) => fixed(worker.statistics?.loopDelay)],
  ["CONN", (worker) => worker.statistics?.connections ?? "-"],
  ["MESSAGES", (worker) => worker.statistics?.messages ?? "-"],
  ["IN", (worker) => size(worker.statistics?.bytesRead)],
  ["OUT", (worker) => size(worker.statistics?.bytesWritten)],
  ["UNSENT", (worker) => worker.statistics?.sendFailures ?? "-"],
  ["ERRORS", (worker) => worker.statistics?.handlerErrors ?? "-"],
  ["TIMERS", (worker) => worker.statistics?.timers ?? "-"],
];

/** What `goer connections` shows. */
export function connectionTable(connections: ConnectionStatus[]): string {
  return table<ConnectionStatus>([
    ["PEER", (one) => one.remoteAddress],
    ["SERVICE", (one) => one.service],
    ["WORKER", (one) => one.worker],
    ["PROTOCOL", (one) => one.protocol],
    ["AGE", (one) => duration(one.age)],
    ["IN", (one) => size(one.bytesRead)],
    ["OUT", (one) => size(one.bytesWritten)],
    ["QUEUED", (one) => size(one.bufferedBytes)],
  ], connections);
}

function fixed(value: number | undefined): string {
  return value === undefined ? "-" : value.toFixed(1);
}

/** A size in a suitable unit. */
export function size(bytes: number | undefined): string {
  if (bytes === undefined) return "-";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (bytes >= 1024 && unit < units.length - 1) {
    bytes /= 1024;
    unit++;
  }
  return `${unit === 0 ? bytes : bytes.toFixed(1)} ${units[unit]}`;
}

/** A time in two suitable units. */
function duration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const [days, hours, minutes] = [86_400, 3_600, 60].map((unit) => Math.floor(seconds / unit));
  if (days > 0) return `${days}d ${hours % 24}h`;
  if (hours > 0) return `${hours}h ${minutes % 60}m`;
  if (minutes > 0) return `${minutes}m ${seconds % 60}s`;
  return `${seconds}s`;
}
