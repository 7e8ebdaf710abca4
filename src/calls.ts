/**
 * Calls the application. Whatever it throws or its promises reject with is caught here: no mistake
 * of an application may end the process.
 *
 * @module
 */

import { errorText } from "./error_text.ts";
import { GoerError } from "./errors.ts";
import type { Logger } from "./log_record.ts";
import { cut, printable } from "./printable.ts";
import { isPromiseLike } from "./promises.ts";
import { processWide } from "./runtime/process/process_wide.ts";
import { startInfo } from "./start_info.ts";

/** Receives the error of a call. */
export type Failed = (thrown: unknown) => void;

/**
 * Calls the application, and passes what it throws, or what a returned promise rejects with, to
 * `failed`. On the data path, `try` and {@linkcode watchPromise} are used directly, without a
 * closure.
 */
export function callApplication(call: () => unknown, failed: Failed): void {
  try {
    const result = call();
    if (isPromiseLike(result)) watchPromise(result, failed);
  } catch (thrown) {
    failed(thrown);
  }
}

/** Passes the rejection of any library's promise to `failed`. */
export function watchPromise(promise: PromiseLike<unknown>, failed: Failed): void {
  settledPromise(promise).then(undefined, failed);
}

/** A native promise: those of other libraries may throw, or call back twice. */
export function settledPromise<Value>(promise: PromiseLike<Value>): Promise<Value> {
  return promise instanceof Promise ? promise : Promise.resolve(promise);
}

/** Calls the application for a promise, which also rejects with what the call throws. */
export function promised<Value>(call: () => Value | PromiseLike<Value>): Promise<Value> {
  return new Promise((resolve) => resolve(call()));
}

/** Where mistakes of applications are logged; the console by default. */
export const faultLog: { write?: Logger } = processWide("fault-log", () => ({}));

/** The service in which an application has made a mistake. */
export interface FaultyService {
  readonly name?: string | undefined;
  readonly logger?: Logger | undefined;
}

/** Logs a mistake of the application, with its stack. */
export function logFault(
  fault: unknown,
  { name, logger }: FaultyService = {},
  connection?: { readonly id: number },
): void {
  const write = logger ?? faultLog.write;
  if (write === undefined) return console.error(errorText(fault));
  const record = {
    time: new Date(),
    level: "error",
    message: reasonOf(fault),
    worker: startInfo().worker?.id,
    service: name,
    connection: connection?.id,
    error: fault,
  } as const;
  callApplication(() => write(record), (thrown) => {
    console.error(errorText(fault));
    console.error(errorText(thrown));
  });
}

/** What was thrown, as short text. */
export function reasonOf(thrown: unknown): string {
  try {
    return printable(cut(String(thrown instanceof Error ? thrown.message : thrown)));
  } catch {
    return "the thrown value cannot be shown";
  }
}

/**
 * True for an error of Goer, even of another copy of it, which the application may have installed.
 */
export function isGoerError(thrown: unknown): thrown is GoerError {
  try {
    if (thrown instanceof GoerError) return true;
    const { code } = (thrown ?? {}) as { code?: unknown };
    return thrown instanceof Error && typeof code === "string" && code.startsWith("GOER_");
  } catch {
    return false; // A getter or a proxy of the application has thrown.
  }
}
