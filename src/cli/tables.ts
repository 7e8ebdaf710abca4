/**
 * What `goer status` and `goer connections` show.
 *
 * @module
 */

import { printable } from "../printable.ts";
import type { ConnectionStatus, StatusReport } from "../supervisor/workers/status.ts";
import { type Column, table, wrapPhrases } from "./table.ts";

/** How workers get their sockets, by {@linkcode StatusReport.handoff}. */
const SOCKETS: Readonly<Record<string, string>> = {
  inherit: "inherited",
  rebind: "bound by workers",
  steer: "inherited, steered",
};

/** What `goer status` shows, in lines of at most `width` columns. */
export function statusText(report: StatusReport, width = Infinity): string {
  const { version, runtime, pid, uptime, reloads, upgrades, load, app, memory, logFile } = report;
  return wrapPhrases([
    `goer ${version} on ${runtime}`,
    `process ${pid}`,
    `${phaseText(report)} for ${duration(uptime)}`,
  ], width) +
    wrapPhrases([printable(app), ...logFile ? [`log ${printable(logFile)}`] : []], width) +
    wrapPhrases([
      `reloads ${reloads}`,
      `upgrades ${upgrades}`,
      `load ${load.map((one) => one.toFixed(2)).join(" ")}`,
      `supervisor memory ${size(memory)}`,
      `sockets ${SOCKETS[report.handoff] ?? printable(report.handoff)}`,
    ], width) +
    `\n${table(SERVICE_COLUMNS, report.services, width)}
${table(workerColumns(report.workers), report.workers, width)}` +
    rolloutText(report, width) + pausedText(report) + busTable(report, width);
}

/** A stopping app is never ready. */
function phaseText({ phase, ready = true }: StatusReport): string {
  return ready || phase === "starting" ? phase : `${phase} (not ready)`;
}

/** What each stage of a reload waits for. */
const STAGES: Readonly<Record<NonNullable<StatusReport["rollout"]>["stage"], string>> = {
  loading: "loading the app",
  opening: "opening sockets",
  starting: "new workers are starting",
  serving: "new workers are starting",
  watching: "new workers serve beside the old ones for a while",
  leaving: "old workers are finishing",
};

/** How far a reload is, or that one has stopped half-way. */
function rolloutText({ rollout, workers }: StatusReport, width: number): string {
  if (rollout !== undefined) {
    const { stage, replaced, workers: all } = rollout;
    const part = all === 0 ? [] : [`${replaced} of ${all} workers are replaced`];
    return "\n" + wrapPhrases([`reload: ${STAGES[stage]}`, ...part], width);
  }
  const serving = workers.filter(({ state }) => state !== "draining");
  const newest = Math.max(...serving.map(({ generation }) => generation));
  const older = serving.filter(({ generation }) => generation < newest).length;
  if (older === 0) return "";
  return "\n" + wrapPhrases([
    `The last reload stopped: ${older} of ${serving.length} workers run earlier code`,
    "reload again to replace all",
  ], width);
}

/** Why there are fewer workers than asked for. */
function pausedText({ paused }: StatusReport): string {
  return paused.map(({ slot, pause, reason }) =>
    `\nslot ${slot} has no worker: ${printable(reason)}. Another one starts after ${pause} ms\n`
  ).join("");
}

/** The brokers that workers use, if any. */
function busTable({ workers }: StatusReport, width: number): string {
  const rows = workers.flatMap(({ id, statistics }) =>
    (statistics?.clusters ?? []).flatMap(({ buses, nodes, malformed }) =>
      buses.filter(({ name }) => name !== "local")
        .map((bus): BusRow => ({ ...bus, worker: id, nodes, malformed }))
    )
  );
  return rows.length === 0 ? "" : `\n${table(BUS_COLUMNS, rows, width)}`;
}

type ClusterRow = NonNullable<WorkerRow["statistics"]>["clusters"][number];
type BusRow = ClusterRow["buses"][number] & Omit<ClusterRow, "buses"> & { worker: number };

const BUS_COLUMNS: readonly Column<BusRow>[] = [
  { title: "WORKER", cell: (bus) => bus.worker },
  { title: "BUS", cell: (bus) => bus.name },
  { title: "STATE", cell: (bus) => bus.state },
  { title: "PEERS", cell: (bus) => bus.nodes },
  { title: "QUEUED", right: true, cell: (bus) => size(bus.queued) },
  { title: "DROPPED", cell: (bus) => bus.dropped },
  { title: "FOREIGN", cell: (bus) => bus.malformed },
];

const SERVICE_COLUMNS: readonly Column<StatusReport["services"][number]>[] = [
  { title: "SERVICE", cell: ({ name, address }) => name === address ? "-" : name },
  { title: "ADDRESS", cell: (service) => service.address || "-" },
  { title: "PROTOCOL", cell: (service) => service.protocol || "-" },
  { title: "WORKERS", cell: (service) => service.workers },
];

type WorkerRow = StatusReport["workers"][number];
type Statistics = NonNullable<WorkerRow["statistics"]>;

const WORKER_COLUMNS: readonly Column<WorkerRow>[] = [
  { title: "WORKER", right: true, cell: (worker) => worker.id, total: () => "total" },
  { title: "PID", cell: (worker) => worker.pid },
  { title: "SLOT", rank: 4, cell: (worker) => worker.slot },
  { title: "GEN", rank: 5, cell: (worker) => worker.generation },
  { title: "STATE", cell: (worker) => worker.state },
  { title: "UPTIME", right: true, cell: (worker) => duration(worker.uptime) },
  sizes("MEMORY", ({ memory }) => memory),
  {
    title: "CPU%",
    right: true,
    cell: (worker) => fixed(worker.statistics?.processor),
    total: (rows) => fixed(sum(rows, ({ processor }) => processor)),
  },
  { title: "DELAY", right: true, rank: 6, cell: (worker) => milliseconds(worker) },
  counts("CONN", ({ connections }) => connections),
  counts("MESSAGES", ({ messages }) => messages),
  { ...sizes("IN", ({ bytesRead }) => bytesRead), rank: 3 },
  { ...sizes("OUT", ({ bytesWritten }) => bytesWritten), rank: 3 },
  { ...counts("UNSENT", ({ sendFailures }) => sendFailures), rank: 7 },
  { ...counts("ERRORS", ({ handlerErrors }) => handlerErrors), rank: 1 },
  { ...counts("TIMERS", ({ timers }) => timers), rank: 8 },
  { title: "SERVICES", rank: 9, cell: (worker) => worker.services.join(" ") },
];

/** What limits have done, which most apps never see. */
const LIMIT_COLUMNS: readonly [(statistics: Statistics) => number, Column<WorkerRow>][] = [
  [refused, { ...counts("REFUSED", refused), rank: 2 }],
  [delayed, { ...counts("DELAYED", delayed), rank: 2 }],
];

function refused({ refused = 0 }: Statistics): number {
  return refused;
}

function delayed({ delayed = 0 }: Statistics): number {
  return delayed;
}

/** The columns of the workers. Limits have columns once they have an effect. */
function workerColumns(rows: readonly WorkerRow[]): Column<WorkerRow>[] {
  const limits = LIMIT_COLUMNS.filter(([value]) => sum(rows, value) > 0);
  return [...WORKER_COLUMNS, ...limits.map(([, column]) => column)];
}

/** A column of numbers, which can be added up. */
function counts(title: string, value: (statistics: Statistics) => number): Column<WorkerRow> {
  return {
    title,
    right: true,
    cell: ({ statistics }) => statistics ? value(statistics) : "-",
    total: (rows) => sum(rows, value),
  };
}

/** A column of sizes, which can be added up. */
function sizes(title: string, value: (statistics: Statistics) => number): Column<WorkerRow> {
  return {
    title,
    right: true,
    cell: ({ statistics }) => size(statistics && value(statistics)),
    total: (rows) => size(sum(rows, value)),
  };
}

function sum(rows: readonly WorkerRow[], value: (statistics: Statistics) => number): number {
  return rows.reduce((sum, { statistics }) => sum + (statistics ? value(statistics) : 0), 0);
}

function milliseconds({ statistics }: WorkerRow): string {
  return statistics === undefined ? "-" : `${statistics.loopDelay.toFixed(1)} ms`;
}

/** What `goer connections` shows, in lines of at most `width` columns. */
export function connectionTable(connections: ConnectionStatus[], width = Infinity): string {
  const add = (
    rows: readonly ConnectionStatus[],
    name: "bytesRead" | "bytesWritten" | "bufferedBytes",
  ) => size(rows.reduce((sum, row) => sum + row[name], 0));
  return table<ConnectionStatus>(
    [
      {
        title: "PEER",
        cell: (one) => one.remoteAddress,
        total: (rows) => `total ${rows.length}`,
      },
      { title: "SERVICE", cell: (one) => one.service },
      { title: "WORKER", cell: (one) => one.worker },
      { title: "PROTOCOL", rank: 2, cell: (one) => one.protocol },
      { title: "STATE", rank: 1, cell: (one) => one.state ?? "open" },
      { title: "AGE", right: true, cell: (one) => duration(one.age) },
      {
        title: "IN",
        right: true,
        cell: (one) => size(one.bytesRead),
        total: (rows) => add(rows, "bytesRead"),
      },
      {
        title: "OUT",
        right: true,
        cell: (one) => size(one.bytesWritten),
        total: (rows) => add(rows, "bytesWritten"),
      },
      {
        title: "QUEUED",
        right: true,
        cell: (one) => size(one.bufferedBytes),
        total: (rows) => add(rows, "bufferedBytes"),
      },
    ],
    connections,
    width,
  );
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
export function duration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const [days, hours, minutes] = [86_400, 3_600, 60].map((unit) => Math.floor(seconds / unit));
  if (days > 0) return `${days}d ${hours % 24}h`;
  if (hours > 0) return `${hours}h ${minutes % 60}m`;
  if (minutes > 0) return `${minutes}m ${seconds % 60}s`;
  return `${seconds}s`;
}
