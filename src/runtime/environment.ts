/**
 * The environment, for what must not load all that a process can do.
 *
 * @module
 */

import process from "node:process";

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
