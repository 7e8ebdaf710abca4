/**
 * Finds the app and the supervisor that a command line names.
 *
 * @module
 */

import { GoerError } from "../errors.ts";
import {
  fileExists,
  isFolder,
  isUrl,
  joinPath,
  resolvePath,
} from "../runtime/files/file_system.ts";
import { runtime } from "../runtime/mod.ts";
import { currentDirectory } from "../runtime/process/process.ts";
import {
  checkDirectory,
  type RuntimeDirectory,
  runtimeDirectory,
} from "../supervisor/directory/runtime_directory.ts";
import type { Arguments } from "./arguments.ts";
import { UsageError } from "./words.ts";

/** The app's module, as an absolute path or a URL. */
export function appModule({ operand: app, command }: Arguments): string {
  if (app === undefined) {
    throw new UsageError(
      `Missing app: for example, goer ${command} app.ts, or describe it in deno.json or package.json`,
    );
  }
  return isUrl(app) ? app : resolvePath(joinPath(currentDirectory()), app);
}

/** Refuses an app that does not exist or cannot be loaded, before anything starts. */
export function checkApp(read: Arguments): void {
  const app = appModule(read);
  if (isUrl(app)) return;
  if (!fileExists(app)) throw new UsageError(`Cannot find the app "${app}"`);
  if (isFolder(app)) {
    throw new UsageError(`Cannot load "${app}": it is a folder. Name the module of the app in it`);
  }
  const character = runtime.capabilities.unimportable.find((one) => app.includes(one));
  if (character === undefined) return;
  throw new GoerError(
    "GOER_NOT_SUPPORTED",
    `Cannot load "${app}": on ${runtime.name} the path of a module must not contain "${character}". ` +
      "Rename the file or folder, or use another runtime",
  );
}

/**
 * Refuses an app without files that could change.
 *
 * @throws {UsageError} If the app is a URL, or compiled into this executable.
 */
export function checkWatch(app: string, compiled: boolean): void {
  if (!compiled && !isUrl(app)) return;
  throw new UsageError(`Cannot use --watch: ${app} has no source files on this machine`);
}

/** The runtime directory that the command line selects. */
export function targetDirectory(read: Arguments): RuntimeDirectory {
  const name = read.name ?? (read.runtimeDirectory ? "" : nameOf(appModule(read)));
  return runtimeDirectory(name, read.runtimeDirectory && resolvePath(read.runtimeDirectory));
}

/** The same, checked, for a command that uses a running supervisor. */
export function runningDirectory(read: Arguments): RuntimeDirectory {
  const directory = targetDirectory(read);
  checkDirectory(directory);
  return directory;
}

/** The name of an app: the hash tells apart apps with the same file name in different folders. */
export function nameOf(app: string): string {
  const base = app.slice(app.lastIndexOf("/") + 1).replace(/\.[^.]*$/, "");
  return `${base.replaceAll(/[^A-Za-z0-9_-]/g, "_")}-${hash(app)}`;
}

/** FNV-1a, in 32 bits. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  }
  return value.toString(16).padStart(8, "0");
}
