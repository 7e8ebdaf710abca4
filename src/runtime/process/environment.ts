/**
 * The environment, for what must not load all that a process can do.
 *
 * @module
 */

import process from "node:process";
import { isMainThread as mainThread } from "node:worker_threads";

/** What is used of Deno. */
interface Permissions {
  querySync(descriptor: { name: "env"; variable: string }): { state: string };
}

const { Deno: deno } = globalThis as unknown as { Deno?: { permissions: Permissions } };

/**
 * One variable of the environment.
 *
 * @param name Its name.
 * @returns Its value; `undefined` where it is not set, or where Deno does not permit to read it: help
 * is to be had without any permission.
 */
export function environmentVariable(name: string): string | undefined {
  const state = deno?.permissions.querySync({ name: "env", variable: name }).state ?? "granted";
  return state === "granted" ? process.env[name] : undefined;
}

/** One variable, as {@linkcode environmentVariable}: from then on it is not set, here and in new children. */
export function takeVariable(name: string): string | undefined {
  const value = environmentVariable(name);
  if (value !== undefined) delete process.env[name];
  return value;
}

/** True in the thread that the process began with. */
export function isMainThread(): boolean {
  return mainThread;
}

/** This process's id. */
export function ownProcessId(): number {
  return process.pid;
}

/** True for this process, and the one that has started it. */
export function isNear(pid: number): boolean {
  return pid === process.pid || pid === process.ppid;
}
