/**
 * The environment, for modules that should not load all process functions.
 *
 * @module
 */

import process from "node:process";

/** The used part of Deno. */
interface Permissions {
  querySync(
    descriptor: { name: "env"; variable: string } | { name: "read"; path: string },
  ): { state: string };
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
  return state === "granted" && !namesFromBun().has(name) ? process.env[name] : undefined;
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

let fromBun: ReadonlySet<string> | undefined;

/**
 * The names of variables that are not in the environment of this process: Bun has added them from
 * `.env` and similar files. Empty where the system does not show the environment.
 */
export function namesFromBun(): ReadonlySet<string> {
  fromBun ??= new Set("Bun" in globalThis ? addedNames() : []);
  return fromBun;
}

function addedNames(): string[] {
  try {
    const given = process.getBuiltinModule("node:fs").readFileSync("/proc/self/environ", "utf8")
      .split("\0");
    const names = new Set(given.map((one) => one.slice(0, one.indexOf("="))));
    return Object.keys(process.env).filter((name) => !names.has(name));
  } catch {
    return [];
  }
}

/** True if this process may read a file without asking for permission. */
export function mayRead(path: string): boolean {
  return deno === undefined ||
    deno.permissions.querySync({ name: "read", path }).state === "granted";
}

/** True in the main thread of the process. */
export function isMainThread(): boolean {
  return process.getBuiltinModule("node:worker_threads").isMainThread;
}

/** This process's id. */
export function ownProcessId(): number {
  return process.pid;
}

/** True for this process and its parent. */
export function isNear(pid: number): boolean {
  return pid === process.pid || pid === process.ppid;
}

/** Disables colors for a child, regardless of the environment. */
export function withoutColours<Value extends string | undefined>(
  environment: Readonly<Record<string, Value>>,
): Record<string, Value | string> {
  const { FORCE_COLOR: _, ...others } = environment;
  return { ...others, NO_COLOR: "1" };
}
