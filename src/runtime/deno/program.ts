/**
 * How Deno runs this program: its words, flags and permissions.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import process from "node:process";
import { type RuntimeProgram, SUPERVISOR_ONLY } from "../runtime.ts";
import { CLOSE_ALL_ON_EXEC, LIBC_NAMES } from "../shared/libc.ts";
import { denoDescriptors } from "./descriptors.ts";

/** This program on Deno. */
export const denoProgram: RuntimeProgram = {
  get standalone(): boolean {
    return Deno.build.standalone;
  },
  get readsTypeScript(): boolean {
    return !Deno.build.standalone;
  },
  mainModule,
  flags: denoFlags,
  workerFlags,
  withhold,
  compiler: () => Deno.build.standalone ? undefined : { executable: process.execPath },
  // Loaded only while the code is watched.
  moduleGraph: async (app) => (await import("./module_graph.ts")).moduleGraph(app, denoFlags()),
};

/**
 * For the command from JSR, `Deno.mainModule` has the versions of the first start. The original
 * specifier lets an upgrade resolve it again.
 */
function mainModule(): string {
  const module = Deno.mainModule;
  return /^jsr:\/?@goer\/goer[@/]/.test(module) ? calledWords().at(-1) ?? module : module;
}

/**
 * The permissions of an executable were set when it was compiled: the supervisor and its workers are
 * the same one.
 */
function withhold(allow: readonly string[]): void {
  if (!Deno.build.standalone) return;
  denoDescriptors()?.keepToItself();
  for (const name of SUPERVISOR_ONLY) {
    if (!allow.includes(name)) Deno.permissions.revokeSync({ name });
  }
}

/** `run …` as Deno was called, up to the module. Deno does not provide it elsewhere. */
function calledWords(): string[] {
  commandLine ??= readCommandLine();
  const words = commandLine.split("\0").slice(1, -1);
  return words.slice(0, words.length - process.argv.slice(2).length);
}

let commandLine: string | undefined;

/** Empty if it cannot be read. */
function readCommandLine(): string {
  const path = `/proc/${process.pid}/cmdline`;
  try {
    return fs.readFileSync(path, "utf8");
  } catch {
    // This needs all permissions. But with the permission to run Deno, a process that has them can
    // be started.
  }
  try {
    const script = `console.log(Deno.readTextFileSync("${path}"))`;
    const words = ["eval", "--no-config", "--quiet", script];
    return execFileSync(process.execPath, words, { encoding: "utf8", stdio: "pipe" });
  } catch {
    return "";
  }
}

function denoFlags(): string[] {
  const words = calledWords();
  return words.length > 0 ? words.slice(0, -1) : ["run", ...grantedFlags()];
}

/** Permissions that are granted completely. Partial ones cannot be queried. */
function grantedFlags(): string[] {
  const names = ["read", "write", "net", "env", "sys", "run", "ffi"] as const;
  return names
    .filter((name) => Deno.permissions.querySync({ name }).state === "granted")
    .map((name) => `--allow-${name}`);
}

/** Removes permissions that workers do not need. */
function workerFlags(
  flags: readonly string[],
  allow: readonly string[],
  callsLibrary: boolean,
): string[] {
  const withheld = SUPERVISOR_ONLY.filter((name) => !allow.includes(name));
  const denied = withheld.filter((name) => name !== "ffi" || !callsLibrary);
  const kept = flags.filter((flag) =>
    !denied.some((name) => new RegExp(`^--(allow|deny)-${name}(=|$)`).test(flag))
  );
  return [
    ...kept,
    ...denied.map((name) => `--deny-${name}`),
    ...callsLibrary ? [privacyFlag(withheld.includes("ffi"))] : [],
    ...runtimeFlags(flags),
  ];
}

/**
 * Makes Deno mark all inherited descriptors, so that its own children do not inherit them, before
 * anything else is loaded. Only the C library can do this, and the permission for it is revoked
 * afterwards.
 *
 * @param withheld True to revoke the permission.
 */
export function privacyFlag(withheld: boolean): string {
  const symbols = `{syscall:{parameters:["i64","i64","i64","i64"],result:"i32"}}`;
  const script = `for(const n of ${JSON.stringify(LIBC_NAMES)})` +
    `try{Deno.dlopen(n,${symbols}).symbols.syscall(${CLOSE_ALL_ON_EXEC});break}catch{}` +
    (withheld ? `Deno.permissions.revokeSync({name:"ffi"})` : "");
  return `--preload=data:text/javascript,${encodeURIComponent(script)}`;
}

/**
 * Datagrams and shared ports need this flag. A worker must not ask for permissions interactively.
 */
function runtimeFlags(flags: readonly string[]): string[] {
  return ["--unstable-net", "--no-prompt"].filter((flag) => !flags.includes(flag));
}
