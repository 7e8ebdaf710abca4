/**
 * This process. All three runtimes share the `node:` modules used here.
 *
 * @module
 */

import { statSync } from "node:fs";
import { isAbsolute } from "node:path";
import process from "node:process";
import { namesFromBun } from "./environment.ts";
import { terminalWatch } from "./terminal.ts";

/** This process's id. */
export function processId(): number {
  return process.pid;
}

/** The id of the parent process. It changes when the parent dies. */
export function parentProcessId(): number {
  return process.ppid;
}

/** The user id of this process. */
export function userId(): number {
  return process.getuid?.() ?? 0;
}

/** The arguments after the program on the command line. */
export function commandArguments(): string[] {
  return process.argv.slice(2);
}

/** The path from which this executable was started. Another file may be there now. */
export function executablePath(): string {
  return process.execPath.replace(/ \(deleted\)$/, "");
}

/** A copy of the environment, without what Bun has added to it. */
export function environment(): Record<string, string> {
  const variables = { ...process.env } as Record<string, string>;
  for (const name of namesFromBun()) delete variables[name];
  return variables;
}

/**
 * The directory for relative paths, by the shell's name for it: a link in its path, such as
 * `current`, may lead to another release later.
 */
export function currentDirectory(): string {
  const { PWD: name = "" } = process.env;
  return isAbsolute(name) && isSameDirectory(name, ".") ? name : process.cwd();
}

function isSameDirectory(one: string, other: string): boolean {
  try {
    const [first, second] = [one, other].map((path) => statSync(path, { bigint: true }));
    return first.dev === second.dev && first.ino === second.ino;
  } catch {
    return false;
  }
}

/** Calls `listener` when this process exits by itself. Only synchronous work is done then. */
export function onExit(listener: () => void): void {
  process.on("exit", listener);
}

const terminalIsClosed = terminalWatch();

/** Ends this process. */
export function exit(code: number): never {
  // Node would abort, possibly with a core dump, because it cannot restore a terminal that was closed.
  // The exit code does not matter there.
  if (!("Deno" in globalThis || "Bun" in globalThis) && terminalIsClosed()) {
    process.kill(process.pid, "SIGKILL");
  }
  process.exit(code);
}

/** Calls `listener` with an uncaught error, instead of ending the process. */
export function onUncaughtError(listener: (error: unknown) => void): void {
  process.on("uncaughtException", listener);
  process.on("unhandledRejection", listener);
}
