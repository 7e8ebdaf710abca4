/**
 * Calls into the application. What it throws, or what its promises reject with, is caught here, whatever
 * it is: nothing an application does wrong may end the process.
 *
 * @module
 */

import { errorText } from "./error_text.ts";
import { GoerError } from "./errors.ts";
import { printable } from "./printable.ts";
import { isPromiseLike } from "./promises.ts";

/** Hears what a call failed with. */
export type Failed = (thrown: unknown) => void;

/**
 * Calls the application, and tells `failed` what it throws, or what a promise that it returns rejects
 * with. Where messages pass, `try` and {@linkcode watchPromise} are written out, without a closure.
 */
export function callApplication(call: () => unknown, failed: Failed): void {
  try {
    const result = call();
    if (isPromiseLike(result)) watchPromise(result, failed);
  } catch (thrown) {
    failed(thrown);
  }
}

/** Tells `failed` what a promise of any library rejects with. */
export function watchPromise(promise: PromiseLike<unknown>, failed: Failed): void {
  settledPromise(promise).then(undefined, failed);
}

/** A promise of the language: one of another library may throw, or call back twice. */
export function settledPromise<Value>(promise: PromiseLike<Value>): Promise<Value> {
  return promise instanceof Promise ? promise : Promise.resolve(promise);
}

/** Calls the application for a promise: it rejects also with what the call throws. */
export function promised<Value>(call: () => Value | PromiseLike<Value>): Promise<Value> {
  return new Promise((resolve) => resolve(call()));
}

/** Writes a mistake of the application to the log, with its stack. */
export function logFault(fault: unknown): void {
  console.error(errorText(fault));
}

/** What was thrown, in a few words. */
export function reasonOf(thrown: unknown): string {
  try {
    return printable(String(thrown instanceof Error ? thrown.message : thrown));
  } catch {
    return "the thrown value cannot be shown";
  }
}

/** True for an error of Goer, also of another copy of it: the application may have its own. */
export function isGoerError(thrown: unknown): thrown is GoerError {
  if (thrown instanceof GoerError) return true;
  const { code } = (thrown ?? {}) as { code?: unknown };
  return thrown instanceof Error && typeof code === "string" && code.startsWith("GOER_");
}
