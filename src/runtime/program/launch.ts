/**
 * Starting this very program again: the same runtime with the same flags, in another role, with
 * the same main module or another.
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
  /** What stands between the executable and the module: the runtime's own flags. */
  flags: string[];
  /** The main module: a path or a URL. Empty for a program compiled into its executable. */
  module: string;
}

/** Permissions that the supervisor needs and workers do not. */
export const SUPERVISOR_ONLY = ["ffi", "run"] as const;

/** How this process was started, and is to be started again. */
export function currentLaunch(): Launch {
  const starter = isStandalone() ? executablePath() : startInfo().executable;
  if (starter) return { executable: starter, flags: [], module: "" };
  return {
    executable: process.execPath,
    flags: "Deno" in globalThis ? denoFlags() : process.execArgv,
    module: mainModule(),
  };
}

/** The path that this executable was started from: by now another file may stand there. */
export function executablePath(): string {
  return process.execPath.replace(/ \(deleted\)$/, "");
}

/** True for a program that was compiled into its executable. */
export function isStandalone(): boolean {
  if ("Deno" in globalThis) return Deno.build.standalone;
  // Bun's compiled programs live in a file system of their own.
  return process.argv[1]?.startsWith("/$bunfs/") ?? false;
}

function mainModule(): string {
  const module = "Deno" in globalThis ? Deno.mainModule : process.argv[1];
  if (module.startsWith("file:")) return fileURLToPath(module);
  // The command from JSR, with the versions that an import map had by then: an upgrade asks it anew.
  return /^jsr:\/?@goer\/goer[@/]/.test(module) ? calledWords().at(-1) ?? module : module;
}

/** The module of the `goer` command. */
export function commandModule(): string {
  // Bundled, it is a script beside this one; in the sources, it stands above them.
  const url = import.meta.url.endsWith(".ts")
    ? new URL("../../../cli.ts", import.meta.url)
    : new URL("./goer.js", import.meta.url);
  return url.protocol === "file:" ? fileURLToPath(url) : url.href;
}

/** The words that start it again as it was. */
export function launchWords(launch: Launch, words: string[] = []): string[] {
  const module = launch.module === "" ? [] : [launch.module];
  return [launch.executable, ...launch.flags, ...module, ...words];
}

/**
 * The words that start it as a worker, with no more rights than it needs.
 *
 * @param allow Permissions that it keeps nevertheless: `"ffi"`, `"run"`.
 * @param callsLibrary It may call the C library at its start.
 */
export function workerWords(launch: Launch, allow: string[], callsLibrary: boolean): string[] {
  if (!("Deno" in globalThis) || launch.module === "") return launchWords(launch);
  return launchWords({ ...launch, flags: workerFlags(launch.flags, allow, callsLibrary) });
}

/**
 * Gives up what a worker does not need, in a program that got its permissions when it was compiled:
 * the supervisor and its workers are the same executable.
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

/** `run …` as Deno was called, with the module at the end; Deno keeps it nowhere but here. */
function calledWords(): string[] {
  commandLine ??= readCommandLine();
  const words = commandLine.split("\0").slice(1, -1);
  return words.slice(0, words.length - process.argv.slice(2).length);
}

let commandLine: string | undefined;

/** Empty where it cannot be read. */
function readCommandLine(): string {
  const path = `/proc/${process.pid}/cmdline`;
  try {
    return fs.readFileSync(path, "utf8");
  } catch {
    // Takes all permissions; but whoever may run Deno may run one that has them.
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

/** Permissions granted whole: what is granted in part cannot be asked for. */
function grantedFlags(): string[] {
  const names = ["read", "write", "net", "env", "sys", "run", "ffi"] as const;
  return names
    .filter((name) => Deno.permissions.querySync({ name }).state === "granted")
    .map((name) => `--allow-${name}`);
}

/** Takes away what workers do not need. */
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
 * Has Deno mark all that it has inherited, so that its own children do not inherit it, before anything
 * else is loaded. Only the C library can do it; the right to call that is given up afterwards.
 *
 * @param withheld Gives up the right.
 */
export function privacyFlag(withheld: boolean): string {
  const symbols = `{syscall:{parameters:["i64","i64","i64","i64"],result:"i32"}}`;
  const script = `for(const n of ${JSON.stringify(LIBC_NAMES)})` +
    `try{Deno.dlopen(n,${symbols}).symbols.syscall(${CLOSE_ALL_ON_EXEC});break}catch{}` +
    (withheld ? `Deno.permissions.revokeSync({name:"ffi"})` : "");
  return `--preload=data:text/javascript,${encodeURIComponent(script)}`;
}

/** Datagrams and shared ports are behind this flag; a worker asks nobody for permissions. */
function runtimeFlags(flags: string[]): string[] {
  return ["--unstable-net", "--no-prompt"].filter((flag) => !flags.includes(flag));
}
