/**
 * Files for the control path. All three runtimes share the `node:` modules used here.
 *
 * @module
 */

import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

export {
  dirname,
  fileURLToPath,
  isAbsolute,
  join as joinPath,
  pathToFileURL,
  resolve as resolvePath,
};

/** Reads a file as text; `undefined` if it does not exist. */
export function readText(path: string): string | undefined {
  try {
    return fs.readFileSync(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR", "ESRCH")) return undefined;
    throw error;
  }
}

/**
 * Reads the start of a file as text, in a folder where other users can create files: does not
 * follow links, and does not wait for a writer of a pipe. `undefined` if it does not exist.
 *
 * @param size How much to read, in bytes.
 */
export function readPlainText(path: string, size: number): string | undefined {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  let descriptor: number;
  try {
    if (!fs.lstatSync(path).isFile()) throw new Error(`${path} is not a regular file`);
    descriptor = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
  try {
    const bytes = new Uint8Array(size);
    return new TextDecoder().decode(bytes.subarray(0, fs.readSync(descriptor, bytes)));
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Writes a file atomically: a reader sees the old text or the new one. */
export function replaceText(path: string, text: string): void {
  const temporary = writeTemporary(path, text, 0o600);
  try {
    fs.renameSync(temporary, path);
  } catch (error) {
    removeFile(temporary);
    throw naming(path, error, temporary);
  }
}

/** Writes a file next to `path`, and returns its path. On a full disk nothing remains. */
function writeTemporary(path: string, text: string, mode: number): string {
  const temporary = temporaryName(path);
  try {
    fs.writeFileSync(temporary, text, { mode, flag: "wx" });
    return temporary;
  } catch (error) {
    removeFile(temporary);
    throw naming(path, error, temporary);
  }
}

/** An error of a temporary file, with the name of the file that it would replace. */
function naming(path: string, error: unknown, temporary: string): unknown {
  if (error instanceof Error) {
    error.message = error.message.replaceAll(temporary, path);
    error.stack = error.stack?.replaceAll(temporary, path);
  }
  return error;
}

/**
 * Creates a file with its text in one step. Returns false if `path` already exists.
 *
 * @param mode Its permission bits, before the umask is applied.
 */
export function createText(path: string, text: string, mode = 0o600): boolean {
  const temporary = writeTemporary(path, text, mode);
  try {
    fs.linkSync(temporary, path);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw naming(path, error, temporary);
  } finally {
    fs.unlinkSync(temporary);
  }
}

let temporaryCount = 0;

/** An unused name next to `path`. */
export function temporaryName(path: string): string {
  return `${path}.${globalThis.crypto.randomUUID().slice(0, 8)}${temporaryCount++}`;
}

/** Removes a file. Returns false if it did not exist. */
export function removeFile(path: string): boolean {
  try {
    fs.unlinkSync(path);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
}

/**
 * Creates a folder with files, by their paths in it, that every user may read: either completely or
 * not at all. An existing folder remains.
 */
export function createFolder(folder: string, files: Record<string, string>): void {
  if (fs.existsSync(folder)) return;
  const temporary = temporaryName(folder);
  for (const [path, text] of Object.entries(files)) {
    const file = join(temporary, path);
    fs.mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    fs.writeFileSync(file, text, { mode: 0o644 });
  }
  // The umask may have removed permissions.
  for (const path of ["", ...fs.readdirSync(temporary, { recursive: true }) as string[]]) {
    const entry = join(temporary, path);
    fs.chmodSync(entry, fs.statSync(entry).isDirectory() ? 0o755 : 0o644);
  }
  try {
    fs.renameSync(temporary, folder);
  } catch (error) {
    fs.rmSync(temporary, { recursive: true });
    if (!hasCode(error, "EEXIST", "ENOTEMPTY")) throw error;
  }
}

/** Creates an empty folder, and removes it with its content when `work` is done. */
export async function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = fs.mkdtempSync(join(tmpdir(), "goer-"));
  const remove = () => fs.rmSync(folder, { recursive: true, force: true });
  // As shells have it for SIGINT: 128 and its number.
  const interrupt = () => {
    remove();
    process.exit(130);
  };
  process.once("SIGINT", interrupt);
  try {
    return await work(folder);
  } finally {
    process.off("SIGINT", interrupt);
    remove();
  }
}

/** True if something of this name exists. */
export function fileExists(path: string): boolean {
  return fs.existsSync(path);
}

/** True if it is a folder, or a link to one. */
export function isFolder(path: string): boolean {
  try {
    return fs.statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Creates a directory with these permission bits, and its parents, if it does not exist. */
export function createDirectory(path: string, mode: number): void {
  fs.mkdirSync(path, { recursive: true, mode });
}

/** Sets permission bits. */
export function changeMode(path: string, mode: number): void {
  fs.chmodSync(path, mode);
}

/** True if `error` is an error of the system with one of these codes. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as { code?: string } | undefined)?.code ?? "");
}

/** True if a module is given as a URL and not as a path. */
export function isUrl(module: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(module);
}

/** The names of the folders in a folder, in order; none if it does not exist. */
export function foldersIn(path: string): string[] {
  try {
    return fs.readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}
