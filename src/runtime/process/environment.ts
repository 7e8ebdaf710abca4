/**
 * The environment, for modules that should not load all process functions.
 *
 * @module
 */

import process from "node:process";
import { isMainThread as mainThread } from "node:worker_threads";

/** The used part of Deno. */
interface Permissions {
  querySync(descriptor: { name: "env"; variable: string }): { state: string };
}

const { Deno: deno } = globalThis as unknown as { Deno?: { permissions: Permissions } };

/**
 * Returns a variable of the environment.
 *
 * @param name Its name.
 * @returns Its value; `undefined` if it is not set or Deno does not permit to read it: help must
 * work without permissions.
 */
export function environmentVariable(name: string): string | undefined {
  const state = deno?.permissions.querySync({ name: "env", variable: name }).state ?? "granted";
  return state === "granted" ? process.env[name] : undefined;
}

/**
 * Returns a variable like {@linkcode environmentVariable}, and removes it, here and for new
 * children.
 */
export function takeVariable(name: string): string | undefined {
  const value = environmentVariable(name);
  if (value !== undefined) delete process.env[name];
  return value;
}

/** True in the main thread of the process. */
export function isMainThread(): boolean {
  return mainThread;
}

/** This process's id. */
export function ownProcessId(): number {
  return process.pid;
}

/** True for this process and its parent. */
export function isNear(pid: number): boolean {
  return pid === process.pid || pid === process.ppid;
}
