/**
 * Cron expressions. `croner` parses them, and the wheel fires them.
 *
 * The library is loaded here and not at the first call, although that adds about 4 ms to the start
 * of a process: an invalid expression should throw immediately.
 *
 * @module
 */

import { Cron } from "croner";
import { checkNumber } from "../numbers.ts";
import { processWide } from "../runtime/process/process_wide.ts";
import { workerIdentity } from "../start_info.ts";
import type { NextDate } from "./alarm.ts";

/**
 * Reads a cron expression.
 *
 * @param expression Five fields (minute, hour, day, month, weekday), or six with seconds before them.
 * @param timeZone An IANA name such as `"Europe/Vienna"`. Default: the system's.
 * @returns A function that returns the next date after another one.
 * @throws {RangeError} If the expression or the time zone is not valid, or no date matches.
 */
export function parseCron(expression: string, timeZone: string | undefined): NextDate {
  let cron: Cron;
  let first: Date | null;
  try {
    cron = new Cron(expression, { timezone: timeZone });
    first = cron.nextRun();
  } catch (cause) {
    throw new RangeError(`Cannot read the cron expression: ${String(expression)}`, { cause });
  }
  if (first === null) {
    throw new RangeError(`Cannot schedule the cron expression: ${expression} never matches a date`);
  }
  return (date) => cron.nextRun(new Date(date))?.getTime();
}

/** Aborted when this worker hands its tasks over to another. */
const retirement = processWide("retirement", () => new AbortController());

/** This worker stops or is replaced: it no longer owns the tasks of its slot. */
export function retireWorker(): void {
  retirement.abort();
}

/**
 * The signal of a timer that only one worker runs. A timer with an aborted signal cannot be armed,
 * not even by `reset`.
 *
 * @param worker The number of the worker's slot. `undefined`: every worker runs the task.
 * @param signal Another signal that ends the timer.
 * @returns A signal that is aborted when, or if, the task is not this worker's. A process without a
 * supervisor counts as worker 0.
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if `worker` is not a whole number from 0.
 */
export function signalOfWorker(
  worker: number | undefined,
  signal: AbortSignal | undefined,
): AbortSignal | undefined {
  if (worker === undefined) return signal;
  checkNumber("worker", worker, [0, Number.MAX_SAFE_INTEGER]);
  if (workerIdentity().slot !== worker) return AbortSignal.abort();
  return signal === undefined ? retirement.signal : AbortSignal.any([signal, retirement.signal]);
}
