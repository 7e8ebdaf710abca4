/**
 * What `goer top` shows.
 *
 * @module
 */

import { printable } from "../../printable.ts";
import type { Style } from "../../supervisor/output/style.ts";
import { type Column, table, wrapPhrases } from "../table.ts";
import { duration, size } from "../tables.ts";
import {
  busiestConnections,
  type ConnectionRow,
  type Sample,
  sumOfRates,
  type WorkerRow,
  workerRows,
} from "./samples.ts";

/** How tall a line of the chart is. */
const BARS = "▁▂▃▄▅▆▇█";

/** The lines that are neither of workers nor of connections. */
const OTHER_LINES = 7;

/** The fewest workers that are shown, if there are so many. */
const FEWEST_WORKERS = 3;

/** What a person has chosen, and what is known. */
export interface TopView {
  before?: Sample;
  now: Sample;
  /** Messages per second of the last minute. */
  history: readonly number[];
  /** The key of the selected row; none if it is gone. */
  selected?: string;
  /** Shows the selected row alone, with everything that is known of it. */
  inspects: boolean;
}

/** The size of the screen, and its colours. */
export interface TopLayout {
  columns: number;
  /** The lines, without the one of the keys. */
  rows: number;
  style: Style;
}

/** A row that can be selected. */
export type TopRow = WorkerRow | ConnectionRow;

/** The rows that can be selected, as they are shown. */
export function rowsOf(view: TopView, rows: number): TopRow[] {
  const { workers, connections } = partsOf(view, rows);
  return [...workers, ...connections];
}

/** The whole screen, but not the line of the keys. */
export function topText(view: TopView, { columns, rows, style }: TopLayout): string {
  const { all, busiest, workers, connections } = partsOf(view, rows);
  const header = headerText(view, all, columns, style);
  const chosen = [...all, ...busiest].find(({ key }) => key === view.selected);
  if (view.inspects && chosen !== undefined) return `${header}\n${detailsOf(chosen, columns)}`;
  const mark = <Row extends TopRow>(): Column<Row> => ({
    title: " ",
    cell: ({ key }) => key === view.selected ? ">" : " ",
  });
  const tables = [
    table([mark(), ...WORKER_COLUMNS], workers, columns),
    table([mark(), ...CONNECTION_COLUMNS], connections, columns),
  ].map((text) => styled(withoutNote(text), style));
  const more = all.length - workers.length;
  const hidden = more > 0 ? `and ${more} more workers` : "";
  return `${header}\n${tables[0]}${style.dim(hidden)}\n${tables[1]}`;
}

/** All rows, and those that fit. */
interface Parts {
  all: WorkerRow[];
  busiest: ConnectionRow[];
  workers: WorkerRow[];
  connections: ConnectionRow[];
}

/** The rows. Connections get the room that workers leave, and at least a third. */
function partsOf({ before, now, selected }: TopView, rows: number): Parts {
  const room = Math.max(rows - OTHER_LINES, 2);
  const all = workerRows(before, now);
  const most = Math.max(FEWEST_WORKERS, Math.floor(room * 2 / 3));
  const at = all.findIndex(({ key }) => key === selected);
  // The selected one is always visible.
  const first = Math.min(Math.max(at - most + 1, 0), Math.max(all.length - most, 0));
  const workers = all.slice(first, first + most);
  const busiest = busiestConnections(before, now);
  const connections = busiest.slice(0, Math.max(room - workers.length, 0));
  return { all, busiest, workers, connections };
}

function headerText(
  { now: { report }, history }: TopView,
  rows: readonly WorkerRow[],
  columns: number,
  style: Style,
): string {
  const { version, runtime, app, phase, uptime, ready = true } = report;
  const rates = sumOfRates(rows);
  const open = rows.reduce((sum, { worker }) => sum + (worker.statistics?.connections ?? 0), 0);
  const state = ready || phase === "starting" ? phase : `${phase} (not ready)`;
  const title = cut(
    `goer ${version} on ${runtime}, ${state} for ${duration(uptime)}, ${printable(app)}`,
    columns,
  );
  const sums = wrapPhrases([
    `${open} ${open === 1 ? "connection" : "connections"}`,
    `${perSecond(rates.messages)} messages/s`,
    `in ${size(Math.round(rates.bytesRead))}/s`,
    `out ${size(Math.round(rates.bytesWritten))}/s`,
    `${perSecond(rates.errors)} errors/s`,
  ], columns).split("\n")[0];
  const label = "messages/s ";
  const shown = chart(history.slice(-Math.max(columns - label.length, 1)));
  return `${style.bold(title)}\n${sums}\n${style.dim(label)}${style.cyan(shown)}\n`;
}

/** A line of bars. The tallest is the greatest value. */
export function chart(values: readonly number[]): string {
  const greatest = Math.max(...values, 0);
  return values.map((value) =>
    BARS[greatest === 0 ? 0 : Math.round(value / greatest * (BARS.length - 1))]
  ).join("");
}

const WORKER_COLUMNS: readonly Column<WorkerRow>[] = [
  { title: "WORKER", right: true, cell: ({ worker }) => worker.id },
  { title: "PID", rank: 2, right: true, cell: ({ worker }) => worker.pid },
  { title: "STATE", cell: ({ worker }) => worker.state },
  { title: "UPTIME", rank: 4, right: true, cell: ({ worker }) => duration(worker.uptime) },
  { title: "MEMORY", rank: 1, right: true, cell: ({ worker }) => size(worker.statistics?.memory) },
  {
    title: "CPU%",
    right: true,
    cell: ({ worker }) => worker.statistics?.processor.toFixed(1) ?? "-",
  },
  {
    title: "DELAY",
    right: true,
    cell: ({ worker: { statistics } }) =>
      statistics ? `${statistics.loopDelay.toFixed(1)} ms` : "-",
  },
  { title: "CONN", right: true, cell: ({ worker }) => worker.statistics?.connections ?? "-" },
  { title: "MSG/S", right: true, cell: ({ rates }) => rates ? perSecond(rates.messages) : "-" },
  { title: "IN/S", rank: 3, right: true, cell: ({ rates }) => rateOf(rates?.bytesRead) },
  { title: "OUT/S", rank: 3, right: true, cell: ({ rates }) => rateOf(rates?.bytesWritten) },
  {
    title: "ERR/S",
    rank: 5,
    right: true,
    cell: ({ rates }) => rates ? perSecond(rates.errors) : "-",
  },
];

const CONNECTION_COLUMNS: readonly Column<ConnectionRow>[] = [
  { title: "PEER", cell: ({ connection }) => connection.remoteAddress },
  { title: "SERVICE", rank: 2, cell: ({ connection }) => connection.service },
  { title: "WORKER", rank: 1, right: true, cell: ({ connection }) => connection.worker },
  { title: "AGE", rank: 3, right: true, cell: ({ connection }) => duration(connection.age) },
  { title: "IN/S", right: true, cell: ({ bytesRead }) => rateOf(bytesRead) },
  { title: "OUT/S", right: true, cell: ({ bytesWritten }) => rateOf(bytesWritten) },
  { title: "QUEUED", right: true, cell: ({ connection }) => size(connection.bufferedBytes) },
];

/** All that is known of a row. */
function detailsOf(row: TopRow, columns: number): string {
  const facts = "worker" in row ? workerFacts(row) : connectionFacts(row);
  const width = Math.max(...facts.map(([name]) => name.length));
  const lines = facts.map(([name, value]) =>
    cut(`  ${name.padEnd(width)}  ${printable(String(value))}`, columns)
  );
  return lines.join("\n");
}

type Fact = [name: string, value: string | number];

function workerFacts({ worker, rates }: WorkerRow): Fact[] {
  const { id, pid, slot, generation, state, uptime, services, statistics } = worker;
  const facts: Fact[] = [
    ["worker", id],
    ["process", pid],
    ["slot", slot],
    ["generation", generation],
    ["state", state],
    ["uptime", duration(uptime)],
    ["services", services.join(" ")],
  ];
  if (statistics === undefined) return facts;
  return [
    ...facts,
    ["memory", size(statistics.memory)],
    ["processor", `${statistics.processor.toFixed(1)} %`],
    ["event-loop delay", `${statistics.loopDelay.toFixed(1)} ms`],
    ["connections", statistics.connections],
    ["messages", `${statistics.messages}, ${perSecond(rates?.messages ?? 0)}/s`],
    ["received", `${size(statistics.bytesRead)}, ${rateOf(rates?.bytesRead)}/s`],
    ["sent", `${size(statistics.bytesWritten)}, ${rateOf(rates?.bytesWritten)}/s`],
    ["unsent messages", statistics.sendFailures],
    ["handler errors", statistics.handlerErrors],
    ["timers", statistics.timers],
  ];
}

function connectionFacts({ connection, bytesRead, bytesWritten }: ConnectionRow): Fact[] {
  return [
    ["peer", connection.remoteAddress],
    ["service", connection.service],
    ["protocol", connection.protocol],
    ["state", connection.state ?? "open"],
    ["age", duration(connection.age)],
    ["received", `${size(connection.bytesRead)}, ${rateOf(bytesRead)}/s`],
    ["sent", `${size(connection.bytesWritten)}, ${rateOf(bytesWritten)}/s`],
    ["queued", size(connection.bufferedBytes)],
    ["worker", connection.worker],
    ["process", connection.pid],
  ];
}

function rateOf(bytes: number | undefined): string {
  return bytes === undefined ? "-" : size(Math.round(bytes));
}

function perSecond(value: number): string {
  return value < 10 && value > 0 ? value.toFixed(1) : String(Math.round(value));
}

/** The title dim, the selected row bold. */
function styled(text: string, style: Style): string {
  return text.split("\n").map((line, index) =>
    index === 0 ? style.dim(line) : line.startsWith(">") ? style.bold(line) : line
  ).join("\n");
}

/** The screen is too small to name what it leaves out. */
function withoutNote(text: string): string {
  return text.replace(/^not shown here: .*\n/m, "");
}

function cut(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, columns - 1)}…`;
}
