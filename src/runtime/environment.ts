/**
 * The environment, for what must not load all that a process can do.
 *
 * @module
 */

import process from "node:process";

/**
 * One variable of the environment. On Deno it takes the permission to read it.
 *
 * @param name Its name.
 * @returns Its value, `undefined` where it is not set.
 */
export function environmentVariable(name: string): string | undefined {
  return process.env[name];
}
