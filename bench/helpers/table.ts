/**
 * Results as a table in plain text.
 *
 * @module
 */

import type { Measured } from "./compare.ts";

/** Prints `rows` under `head`: the first column to the left, the others to the right. */
export function printTable(head: string[], rows: string[][]): void {
  const widths = head.map((_, column) => {
    return Math.max(...[head, ...rows].map((row) => row[column].length));
  });
  for (const row of [head, ...rows]) {
    const cells = row.map((cell, column) => {
      return column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]);
    });
    console.log(cells.join("  "));
  }
}

/** Prints what `compare` measured; `operation` is the field's word for one, as in `"request"`. */
export function printMeasured(operation: string, measured: Measured[]): void {
  printTable(
    ["", `${operation}s/s`, `CPU µs/${operation}`, "ratio of CPU"],
    measured.map(({ name, rate, cost, ratio }) => [
      name,
      Math.round(rate).toString(),
      cost.toFixed(cost < 1 ? 3 : 2),
      ratio.toFixed(3),
    ]),
  );
}
