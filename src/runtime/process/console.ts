/**
 * The console of a worker: its lines carry time, level and worker, and follow the log file when that
 * is opened anew.
 *
 * @module
 */

import { format } from "node:util";

const LEVELS = { debug: "debug", log: "info", info: "info", warn: "warn", error: "error" } as const;

/** Gives everything that is written to the console to `write`. */
export function takeOverConsole(
  write: (level: (typeof LEVELS)[keyof typeof LEVELS], text: string) => void,
): void {
  for (const name of Object.keys(LEVELS) as (keyof typeof LEVELS)[]) {
    console[name] = (...values: unknown[]) => write(LEVELS[name], format(...values));
  }
}
