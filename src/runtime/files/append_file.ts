/**
 * Files that are appended to, such as logs.
 *
 * @module
 */

import * as fs from "node:fs";
import { dirname, resolvePath } from "./file_system.ts";
import { trustedPath, UntrustedPathError } from "./trusted_path.ts";

/** A file that is only appended to. */
export interface AppendFile {
  /** For a child's output. */
  readonly descriptor: number;
  /**
   * Appends whole lines; false if the disk is full or the file cannot be written. A line that was
   * cut gets its end with the next lines.
   */
  write(content: string | Uint8Array): boolean;
  /**
   * Opens the path again, and writes to the file that is now there. The previous descriptor is
   * still open during the callback.
   */
  reopen(beforeClose?: (before: number, after: number) => void): void;
}

/** For the owner and the group. */
const MODE = 0o640;

/**
 * Opens a file to append to, readable by its owner and group.
 *
 * @throws If it cannot be opened, or another user could replace it by another file.
 */
export function openAppendFile(path: string): AppendFile {
  let descriptor = openToAppend(path);
  let cut = false;
  return {
    get descriptor() {
      return descriptor;
    },
    write(content) {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      let left = bytes;
      try {
        if (cut) fs.writeSync(descriptor, "\n");
        cut = false;
        while (left.length > 0) left = left.subarray(fs.writeSync(descriptor, left));
        return true;
      } catch {
        cut ||= left.length < bytes.length;
        return false;
      }
    },
    reopen(beforeClose) {
      const before = descriptor;
      descriptor = openToAppend(path);
      beforeClose?.(before, descriptor);
      fs.closeSync(before);
      cut = false;
    },
  };
}

function openToAppend(path: string): number {
  const { O_APPEND, O_CREAT, O_WRONLY } = fs.constants;
  const flags = O_APPEND | O_CREAT | O_WRONLY;
  if (othersMayWrite(dirname(resolvePath(path)))) return openPlainFile(path, flags);
  return isPipe(path) ? openPipe(path, flags) : fs.openSync(path, flags, MODE);
}

function isPipe(path: string): boolean {
  return fs.statSync(path, { throwIfNoEntry: false })?.isFIFO() === true;
}

/** Opens a named pipe. Without `O_NONBLOCK` this would wait for a reader: see fifo(7). */
function openPipe(path: string, flags: number): number {
  try {
    return fs.openSync(path, flags | fs.constants.O_NONBLOCK, MODE);
  } catch (cause) {
    if ((cause as { code?: string }).code !== "ENXIO") throw cause;
    throw new Error("No program reads this named pipe: start the reader first, or choose a file", {
      cause,
    });
  }
}

/**
 * Opens the file of this name itself: in a folder where others may write, it could be their link,
 * or a second name of another file. With restricted permissions, Deno always follows links, so the
 * opened file is compared with the path.
 */
function openPlainFile(path: string, flags: number): number {
  const { O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  if (findFile(path)?.isFile() === false) throw notPlain(path);
  const descriptor = fs.openSync(path, flags | O_NOFOLLOW | O_NONBLOCK, MODE);
  const { dev, ino, nlink } = fs.fstatSync(descriptor, { bigint: true });
  const named = findFile(path);
  if (named?.dev === dev && named.ino === ino && named.isFile() && nlink === 1n) return descriptor;
  fs.closeSync(descriptor);
  throw notPlain(path);
}

function findFile(path: string): fs.BigIntStats | undefined {
  return fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

function notPlain(path: string): UntrustedPathError {
  return new UntrustedPathError(path, "is not a regular file, and others can write to its folder");
}

function othersMayWrite(folder: string): boolean {
  try {
    return trustedPath(folder, { trustGroups: true })?.shared ?? true;
  } catch (error) {
    // A worker on Deno may not be permitted to check, but its supervisor has checked.
    if ((error as Error).name === "NotCapable") return true;
    throw error;
  }
}
