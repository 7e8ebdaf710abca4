/**
 * How many processors this process may use. Its `node:` modules are loaded only when it is asked, which
 * most processes do not.
 *
 * @module
 */

import process from "node:process";

/** The system's folder of control groups. */
const CONTROL_GROUPS = "/sys/fs/cgroup";

/**
 * How many processors this process may use: its allowed processors, limited by the CPU time of its
 * control group, rounded up. A container that may use half of the time of 64 processors has 32.
 */
export function processorCount(): number {
  const { availableParallelism } = process.getBuiltinModule("node:os");
  return Math.max(1, Math.min(availableParallelism(), Math.ceil(grantedProcessors(readFile))));
}

/**
 * The CPU limit of this process's control groups, in processors: `Infinity` without a limit.
 *
 * @param read Reads a file; `undefined` if there is none.
 */
export function grantedProcessors(read: (path: string) => string | undefined): number {
  let least = Infinity;
  for (const line of read("/proc/self/cgroup")?.split("\n") ?? []) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    const isUnified = controllers === "";
    if (!isUnified && !controllers?.split(",").includes("cpu")) continue;
    // The limits of parent groups apply as well.
    for (const folder of foldersOf(path)) {
      const limit = isUnified
        ? unifiedLimit(read, folder)
        : legacyLimit(read, `/${controllers}${folder}`);
      least = Math.min(least, limit);
    }
  }
  return least;
}

/** A group's folder and its parents: `""` is the root, then `/a` and `/a/b`. */
function foldersOf(path: string): string[] {
  const folders = [""];
  for (const name of path.split("/")) {
    if (name !== "") folders.push(`${folders.at(-1)}/${name}`);
  }
  return folders;
}

/** Version 2 of control groups: `200000 100000`, or `max 100000`. */
function unifiedLimit(read: (path: string) => string | undefined, folder: string): number {
  const text = read(`${CONTROL_GROUPS}${folder}/cpu.max`) ?? "";
  const [, quota, period] = /^(\d+) (\d+)/.exec(text) ?? [];
  return ratio(quota, period);
}

/** Version 1: two files, with -1 for no limit. */
function legacyLimit(read: (path: string) => string | undefined, folder: string): number {
  const file = (name: string) => read(`${CONTROL_GROUPS}${folder}/cpu.cfs_${name}_us`)?.trim();
  return ratio(file("quota"), file("period"));
}

function ratio(quota: string | undefined, period: string | undefined): number {
  const processors = Number(quota) / Number(period);
  return processors > 0 ? processors : Infinity;
}

/** Reads a file; `undefined` also without permission. */
function readFile(path: string): string | undefined {
  try {
    return process.getBuiltinModule("node:fs").readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
