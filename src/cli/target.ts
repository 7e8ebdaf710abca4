/**
 * Which supervisor a command is for.
 *
 * @module
 */

import { GoerError } from "../errors.ts";
import {
  fileExists,
  isUrl,
  joinPath,
  resolvePath,
  unimportable,
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
  if (app === undefined) throw new UsageError(`which app? As in: goer ${command} app.ts`);
  return isUrl(app) ? app : resolvePath(joinPath(currentDirectory()), app);
}

/** Refuses an app that is not there, or cannot be loaded from there, before anything is started for it. */
export function checkApp(read: Arguments): void {
  const app = appModule(read);
  if (isUrl(app)) return;
  if (!fileExists(app)) throw new UsageError(`there is no ${app}`);
  const character = unimportable(app);
  if (character === undefined) return;
  throw new GoerError(
    "GOER_NOT_SUPPORTED",
    `Cannot load ${app}: on ${runtime.name} the path of a module must not contain "${character}". ` +
      "Rename the file or folder, or use another runtime",
  );
}

/** The runtime directory of the supervisor that the command line names. */
export function targetDirectory(read: Arguments): RuntimeDirectory {
  const name = read.name ?? (read.runtimeDirectory ? "" : nameOf(appModule(read)));
  return runtimeDirectory(name, read.runtimeDirectory && resolvePath(read.runtimeDirectory));
}

/** The same, for a command that uses what it finds there. */
export function runningDirectory(read: Arguments): RuntimeDirectory {
  const directory = targetDirectory(read);
  checkDirectory(directory);
  return directory;
}

/** Apps whose modules have the same name, in different folders, have different names. */
function nameOf(app: string): string {
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
