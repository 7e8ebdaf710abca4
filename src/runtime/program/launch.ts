/**
 * Starts this program again: the same runtime with the same flags, in another role, with the same
 * main module or another one.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { fileURLToPath } from "node:url";
import process from "node:process";
import { startInfo } from "../../start_info.ts";
import { runtime } from "../mod.ts";
import { CLOSE_ALL_ON_EXEC, LIBC_NAMES } from "../shared/libc.ts";

/** How a program is started. */
export interface Launch {
  /** The runtime's executable. */
  executable: string;
  /** The runtime's own flags, between the executable and the module. */
  flags: string[];
  /** The main module: a path or a URL. Empty for a program compiled into its executable. */
  module: string;
}

/** Permissions that the supervisor needs and workers do not need. */
export const SUPERVISOR_ONLY = ["ffi", "run"] as const;

/** How this process was started, to start it again. */
export function currentLaunch(): Launch {
  const starter = isStandalone() ? executablePath() : startInfo().executable;
  if (starter) return { executable: starter, flags: [], module: "" };
  return {
    executable: process.execPath,
    flags: "Deno" in globalThis ? denoFlags() : process.execArgv,
    module: mainModule(),
  };
}

/** The path from which this executable was started. Another file may be there now. */
export function executablePath(): string {
  return process.execPath.replace(/ \(deleted\)$/, "");
}

/** True for a program that was compiled into an executable. */
export function isStandalone(): boolean {
  if ("Deno" in globalThis) return Deno.build.standalone;
  // The files of a compiled Bun program are in a virtual file system.
  return process.argv[1]?.startsWith("/$bunfs/") ?? false;
}

function mainModule(): string {
  const module = "Deno" in globalThis ? Deno.mainModule : process.argv[1];
  if (module.startsWith("file:")) return fileURLToPath(module);
  // For the command from JSR, this has the versions of the first start. The original specifier lets
  // an upgrade resolve it again.
  return /^jsr:\/?@goer\/goer[@/]/.test(module) ? calledWords().at(-1) ?? module : module;
}

/** The module of the `goer` command. */
export function commandModule(): string {
  // When bundled, it is a script next to this one; in the sources, it is in a parent folder.
  const url = import.meta.url.endsWith(".ts")
    ? new URL("../../../cli.ts", import.meta.url)
    : new URL("./goer.js", import.meta.url);
  return url.protocol === "file:" ? fileURLToPath(url) : url.href;
}

/** The words that start the program again in the same way. */
export function launchWords(launch: Launch, words: string[] = []): string[] {
  const module = launch.module === "" ? [] : [launch.module];
  return [launch.executable, ...launch.flags, ...module, ...words];
}

/**
 * How the program is started as a worker, with the permissions that it needs.
 *
 * @param allow Permissions to keep: `"ffi"`, `"run"`.
 * @param callsLibrary True if it may call the C library when it starts.
 */
export function workerLaunch(launch: Launch, allow: string[], callsLibrary: boolean): Launch {
  if (launch.module === "") return launch;
  if ("Bun" in globalThis) return { ...launch, flags: [...launch.flags, ...bunFlags()] };
  if (!("Deno" in globalThis)) return launch;
  return { ...launch, flags: workerFlags(launch.flags, allow, callsLibrary) };
}

/**
 * Revokes what a worker does not need, in a program whose permissions were set when it was
 * compiled: the supervisor and its workers are the same executable.
 *
 * @param allow Permissions to keep: `"ffi"`, `"run"`.
 */
export async function withholdRights(allow: string[]): Promise<void> {
  if (!("Deno" in globalThis) || !Deno.build.standalone) return;
  (await runtime.loadDescriptors())?.keepToItself();
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

/** Goer passes the variables of `.env` to workers. Bun would also read `.env.local` and others. */
function bunFlags(): string[] {
  const [major, minor] = (process.versions.bun ?? "").split(".").map(Number);
  // Older versions may not have this flag.
  return major > 1 || minor >= 4 ? ["--no-env-file"] : [];
}

/** Removes permissions that workers do not need. */
function workerFlags(flags: string[], allow: string[], callsLibrary: boolean): string[] {
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
function runtimeFlags(flags: string[]): string[] {
  return ["--unstable-net", "--no-prompt"].filter((flag) => !flags.includes(flag));
}
