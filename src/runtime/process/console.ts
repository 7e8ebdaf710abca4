/**
 * The console of a worker: its lines have the time, level and worker, and follow the log file when
 * it is reopened.
 *
 * @module
 */

import { format } from "node:util";

const LEVELS = { debug: "debug", log: "info", info: "info", warn: "warn", error: "error" } as const;

/** The text that the console would write. */
export function formatValues(values: readonly unknown[]): string {
  return format(...values);
}

/** Passes everything that is written to the console to `write`, which may throw: values can be proxies. */
export function takeOverConsole(
  write: (level: (typeof LEVELS)[keyof typeof LEVELS], values: readonly unknown[]) => void,
): void {
  for (const name of Object.keys(LEVELS) as (keyof typeof LEVELS)[]) {
    console[name] = (...values: unknown[]) => {
      try {
        write(LEVELS[name], values);
      } catch {
        write(LEVELS[name], ["the values cannot be shown"]);
      }
    };
  }
}
