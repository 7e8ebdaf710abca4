/**
 * Starts this program again: the same runtime with the same flags, in another role, with the same
 * main module or another one.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import process from "node:process";
import { startInfo } from "../../start_info.ts";
import { ownProgram } from "./own_program.ts";
import { executablePath } from "../process/process.ts";

/** How a program is started. */
export interface Launch {
  /** The runtime's executable. */
  executable: string;
  /** The runtime's own flags, between the executable and the module. */
  flags: string[];
  /** The main module: a path or a URL. Empty for a program compiled into its executable. */
  module: string;
}

/** How this process was started, to start it again. */
export function currentLaunch(): Launch {
  const starter = ownProgram.standalone ? executablePath() : startInfo().executable;
  if (starter) return { executable: starter, flags: [], module: "" };
  const module = ownProgram.mainModule();
  return {
    executable: process.execPath,
    flags: ownProgram.flags(),
    module: module.startsWith("file:") ? fileURLToPath(module) : module,
  };
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
  return { ...launch, flags: ownProgram.workerFlags(launch.flags, allow, callsLibrary) };
}
