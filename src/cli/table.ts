/**
 * Lays out tables for people, as wide as the terminal.
 *
 * @module
 */

import { printable } from "../printable.ts";

/** The text of a cell. Numbers are right-aligned. */
type Cell = string | number;

/** A column of a table. */
export interface Column<Row> {
  title: string;
  cell(row: Row): Cell;
  /** Its cell in the last row, which sums up all others. */
  total?(rows: readonly Row[]): Cell;
  /** Right-aligned, even if its cells are text, such as sizes. */
  right?: boolean;
  /** Left out if the table is too wide: the greatest first. 0 is never left out. Default: 0. */
  rank?: number;
}

/** The space between two columns. */
const GAP = 2;

/** The narrowest that a column of text is cut to. */
const NARROWEST_CELL = 8;

/**
 * Lays rows out in columns. If there is not enough room, leaves columns out, and then cuts long
 * texts.
 *
 * @param width The width of a line; unlimited by default.
 */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width = Infinity,
): string {
  const totals = rows.length > 1 && columns.some(({ total }) => total !== undefined);
  const laid = columns.map((column) => layOut(column, rows, totals));
  const shown = [...laid];
  while (sizeOf(shown) > width) {
    const rank = Math.max(...shown.map(({ column }) => column.rank ?? 0));
    if (rank === 0) break;
    shown.splice(shown.findLastIndex(({ column }) => column.rank === rank), 1);
  }
  shrink(shown, width);
  const count = shown[0].cells.length;
  const lines = Array.from({ length: count }, (_, row) => {
    return cut(shown.map((one) => padded(one, row)).join(" ".repeat(GAP)).trimEnd(), width);
  });
  const left = laid.filter((one) => !shown.includes(one)).map(({ column }) => column.title);
  const note = left.length === 0 ? "" : cut(`not shown here: ${left.join(", ")}`, width) + "\n";
  return `${lines.join("\n")}\n${note}`;
}

/** A column, its cells from the title to the total, and its width. */
interface LaidOut<Row> {
  column: Column<Row>;
  cells: string[];
  right: boolean;
  width: number;
}

function layOut<Row>(
  column: Column<Row>,
  rows: readonly Row[],
  totals: boolean,
): LaidOut<Row> {
  const cells = rows.map((row) => column.cell(row));
  if (totals) cells.push(column.total?.(rows) ?? "");
  // No text of a worker can look like another row.
  const texts = [column.title, ...cells.map((cell) => printable(String(cell)))];
  const right = column.right === true || (rows.length > 0 && typeof cells[0] === "number");
  return { column, cells: texts, right, width: Math.max(...texts.map((text) => text.length)) };
}

function sizeOf<Row>(columns: readonly LaidOut<Row>[]): number {
  return columns.reduce((sum, { width }) => sum + width + GAP, -GAP);
}

/** Cuts the widest columns of text. */
function shrink<Row>(columns: LaidOut<Row>[], width: number): void {
  while (sizeOf(columns) > width) {
    const widest = columns.filter(({ right }) => !right)
      .reduce((one, other) => other.width > one.width ? other : one, columns[0]);
    if (widest.width <= NARROWEST_CELL) return;
    widest.width--;
  }
}

function padded<Row>({ cells, right, width }: LaidOut<Row>, row: number): string {
  const cell = cut(cells[row], width);
  return right ? cell.padStart(width) : cell.padEnd(width);
}

/** Cuts a text that is too long. */
function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(width - 1, 0))}…`;
}

/** Joins phrases with commas, and breaks lines between them. */
export function wrapPhrases(phrases: readonly string[], width: number): string {
  const lines: string[] = [];
  for (const phrase of phrases) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + phrase.length + 3 <= width) {
      lines[lines.length - 1] = `${last}, ${phrase}`;
    } else {
      if (last !== undefined) lines[lines.length - 1] = `${last},`;
      lines.push(phrase);
    }
  }
  return lines.join("\n") + "\n";
}
