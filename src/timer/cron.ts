/**
 * Cron: expressions read by `croner`, fired by the wheel.
 *
 * The library is loaded with this module and not at the first call, which costs a process some 4 ms at
 * its start: an expression that is not valid is to throw where it is written, not to be reported later.
 *
 * @module
 */

import { Cron } from "croner";
import { checkNumber } from "../numbers.ts";
import { processWide } from "../runtime/process/process_wide.ts";
import { startInfo } from "../start_info.ts";
import type { NextDate } from "./alarm.ts";

/**
 * Reads a cron expression.
 *
 * @param expression Five fields (minute, hour, day, month, weekday), or six with seconds before them.
 * @param timeZone An IANA name such such as `"Europe/Vienna"`. Default: the system's.
 * @returns What gives the date after another one.
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

/** Aborted once this worker leaves its tasks to another. */
const retirement = processWide("retirement", () => new AbortController());

/** This worker stops or is replaced: the tasks of one worker are no longer its own. */
export function retireWorker(): void {
  retirement.abort();
}

/**
 * The signal of a timer that one worker has to itself. A timer whose signal is aborted is not armed, by
 * `reset` neither.
 *
 * @param worker The number of the worker's slot. `undefined`: every worker has the task.
 * @param signal What ends the timer besides.
 * @returns A signal that is aborted where, and once, the task is not this worker's. A process that no
 * supervisor has started counts as worker 0.
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if `worker` is not a whole number from 0 up.
 */
export function signalOfWorker(
  worker: number | undefined,
  signal: AbortSignal | undefined,
): AbortSignal | undefined {
  if (worker === undefined) return signal;
  checkNumber("worker", worker, [0, Number.MAX_SAFE_INTEGER]);
  const { slot = 0 } = startInfo().worker ?? {};
  if (slot !== worker) return AbortSignal.abort();
  return signal === undefined ? retirement.signal : AbortSignal.any([signal, retirement.signal]);
}
