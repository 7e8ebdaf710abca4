/**
 * The runtimes on PATH, to run an app that this program cannot run itself.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import process from "node:process";
import { privacyFlag } from "../deno/program.ts";

/** Names of runtimes, by preference. */
export const HOSTS = ["deno", "bun", "node"] as const;

/** A runtime's name. */
export type HostName = typeof HOSTS[number];

/** How long a runtime may take to answer a question, in ms. */
const ANSWER_TIMEOUT = 30_000;

/** The start of a shell script, or one of another interpreter. */
const SCRIPT_MARK = "#!";

/** Finds a runtime's executable on PATH; `undefined` if there is none. */
export function findHost(name: HostName): string | undefined {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, process.platform === "win32" ? `${name}.exe` : name);
    if (isAbsolute(folder) && isExecutable(path)) return isScript(path) ? behind(name, path) : path;
  }
}

/** True if a runtime can load TypeScript modules: Node since 22.18. */
export function hostReadsTypeScript(name: HostName, executable: string): boolean {
  return name !== "node" || ask(executable, ["-p", "!!process.features.typescript"]) === "true";
}

function isExecutable(path: string): boolean {
  try {
    fs.accessSync(path, fs.constants.X_OK);
    return fs.statSync(path).isFile();
  } catch {
    return false;
  }
}

function isScript(path: string): boolean {
  const descriptor = fs.openSync(path, "r");
  try {
    const start = new Uint8Array(SCRIPT_MARK.length);
    fs.readSync(descriptor, start);
    return new TextDecoder().decode(start) === SCRIPT_MARK;
  } finally {
    fs.closeSync(descriptor);
  }
}

/**
 * The executable behind a script: npm installs some runtimes as a script, which does not pass on
 * sockets.
 */
function behind(name: HostName, script: string): string {
  const words = name === "deno"
    ? ["eval", "console.log(Deno.execPath())"]
    : ["-p", "process.execPath"];
  return ask(script, words);
}

function ask(executable: string, words: string[]): string {
  return execFileSync(executable, words, { encoding: "utf8", timeout: ANSWER_TIMEOUT }).trim();
}

/** What {@linkcode hostWords} takes. */
export interface HostOptions {
  /** The runtime's executable. */
  executable: string;
  /** The folder of the scripts of Goer's npm package. */
  scripts: string;
  /** The app's module. */
  app: string;
  /** Permissions to withhold, if the runtime has permissions: `"ffi"`, `"run"`. */
  withheld: readonly string[];
}

/** The words that run the `goer` command with a runtime, before the command's own words. */
export function hostWords(name: HostName, options: HostOptions): string[] {
  const script = join(options.scripts, "goer.js");
  if (name !== "deno") return [options.executable, script];
  return [
    options.executable,
    "run",
    "--quiet",
    "--no-prompt",
    "--unstable-net",
    "--allow-all",
    ...options.withheld.filter((permission) => permission !== "ffi")
      .map((permission) => `--deny-${permission}`),
    privacyFlag(options.withheld.includes("ffi")),
    ...denoImports(options),
    script,
  ];
}

/** The app's own configuration maps its imports. Without one, Goer's names are mapped. */
function denoImports({ app, scripts }: Pick<HostOptions, "app" | "scripts">): string[] {
  const config = findUpwards(dirname(app), ["deno.json", "deno.jsonc"]);
  if (config !== undefined) return [`--config=${config}`];
  return ["--no-config", `--import-map=${join(scripts, "import_map.json")}`];
}

/** The first file with one of these names in a folder or its parents. */
export function findUpwards(folder: string, names: string[]): string | undefined {
  const found = names.map((name) => join(folder, name)).find((path) => fs.existsSync(path));
  if (found !== undefined || dirname(folder) === folder) return found;
  return findUpwards(dirname(folder), names);
}
