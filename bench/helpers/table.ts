/**
 * Prints results as a plain-text table.
 *
 * @module
 */

import type { Measured } from "./compare.ts";

/** Prints `rows` under `head`, with the first column left-aligned and the others right-aligned. */
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

/** Prints the results of `compare`; `operation` is the name of one, such as `"request"`. */
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
