/**
 * How Bun runs this program.
 *
 * @module
 */

import process from "node:process";
import { executablePath } from "../process/process.ts";
import type { RuntimeProgram } from "../runtime.ts";
import { answerInBun } from "./module_hooks.ts";

/** This program on Bun. */
export const bunProgram: RuntimeProgram = {
  get standalone(): boolean {
    return isStandalone();
  },
  readsTypeScript: true,
  mainModule: () => process.argv[1],
  flags: () => process.execArgv,
  workerFlags: (flags) => [...flags, ...bunFlags()],
  withhold() {},
  answerImports: answerInBun,
  compiler,
};

/** The files of a compiled program are in a virtual file system. */
function isStandalone(): boolean {
  return process.argv[1]?.startsWith("/$bunfs/") ?? false;
}

/** A compiled program can act as plain Bun. */
function compiler(): { executable: string; environment?: Record<string, string> } {
  return isStandalone()
    ? { executable: executablePath(), environment: { BUN_BE_BUN: "1" } }
    : { executable: process.execPath };
}

/** Goer passes the variables of `.env` to workers. Bun would also read `.env.local` and others. */
function bunFlags(): string[] {
  const [major, minor] = (process.versions.bun ?? "").split(".").map(Number);
  // Older versions may not have this flag.
  return major > 1 || minor >= 4 ? ["--no-env-file"] : [];
}
