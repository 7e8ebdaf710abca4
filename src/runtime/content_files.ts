/**
 * Files that are sent to a peer, and files that a peer sends. All three runtimes have
 * `node:fs/promises`; it is loaded when the first file is asked for, so that who serves none does
 * not pay for it.
 *
 * @module
 */

import type { FileHandle } from "node:fs/promises";

/** How much is read at a time, in bytes: what one file takes in memory while it is sent. */
const PIECE_SIZE = 131_072;

/** A file that is open to be sent. */
export interface ContentFile {
  /** Its size in bytes. */
  readonly size: number;
  /** When it was last changed. */
  readonly modified: Date;
  /** Its bytes from `start` up to `end`. The file is closed after them, or at `return()`. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
  /** Closes it, where it is not read. */
  close(): void;
}

/**
 * Opens a file to be sent.
 *
 * @param path The file.
 * @param options `root`: the folder that the file must be in, symbolic links followed.
 * @returns `"directory"` for one, `undefined` for all else that is no file or may not be read.
 */
export async function openContent(
  path: string,
  options: { root?: string } = {},
): Promise<ContentFile | "directory" | undefined> {
  const fs = await import("node:fs/promises");
  try {
    const facts = await fs.stat(path);
    // Opening a pipe would wait for who writes to it.
    if (!facts.isFile() && !facts.isDirectory()) return undefined;
    if (options.root !== undefined && !await isInside(path, options.root)) return undefined;
    if (facts.isDirectory()) return "directory";
    const handle = await fs.open(path, "r");
    const opened = await handle.stat();
    // What was opened is what was checked: a link may have been put in its place meanwhile.
    if (opened.ino !== facts.ino || opened.dev !== facts.dev) {
      await handle.close();
      return undefined;
    }
    return contentFile(handle, opened);
  } catch {
    return undefined;
  }
}

async function isInside(path: string, root: string): Promise<boolean> {
  const fs = await import("node:fs/promises");
  const { sep } = await import("node:path");
  const realRoot = await fs.realpath(root);
  const real = await fs.realpath(path);
  return real === realRoot || real.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep);
}

function contentFile(handle: FileHandle, facts: { size: number; mtime: Date }): ContentFile {
  let closed = false;
  function close(): void {
    if (closed) return;
    closed = true;
    handle.close().catch(() => {});
  }
  return {
    size: facts.size,
    modified: facts.mtime,
    close,
    read: (start, end) => ({ [Symbol.asyncIterator]: () => pieces(handle, [start, end], close) }),
  };
}

/** Not a generator: `return()` closes the file also where nothing has been read. */
function pieces(
  handle: FileHandle,
  [start, end]: [start: number, end: number],
  close: () => void,
): AsyncIterator<Uint8Array> {
  let position = start;
  return {
    async next() {
      const length = Math.min(PIECE_SIZE, end - position);
      if (length <= 0) {
        close();
        return { done: true, value: undefined };
      }
      const { bytesRead, buffer } = await handle.read(new Uint8Array(length), 0, length, position);
      if (bytesRead === 0) {
        close();
        return { done: true, value: undefined };
      }
      position += bytesRead;
      return { done: false, value: buffer.subarray(0, bytesRead) };
    },
    return() {
      close();
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}

/** A file that a peer has sent, on its way to the disk. */
export interface TemporaryFile {
  /** Where it is. */
  readonly path: string;
  /** Appends bytes. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the writing. */
  close(): Promise<void>;
  /** Removes it; removing twice, or what was moved away, does no harm. */
  remove(): Promise<void>;
}

/**
 * Creates an empty file that only this user can read, under a name that nobody can foretell.
 *
 * @param folder Where. Default: the system's folder for such files.
 */
export async function createTemporaryFile(folder?: string): Promise<TemporaryFile> {
  const fs = await import("node:fs/promises");
  const { tmpdir } = await import("node:os");
  const { join } = await import("node:path");
  const path = join(folder ?? tmpdir(), `goer-upload-${globalThis.crypto.randomUUID()}`);
  const handle = await fs.open(path, "wx", 0o600);
  let closing: Promise<void> | undefined;
  return {
    path,
    async write(bytes) {
      for (let start = 0; start < bytes.length;) {
        start += (await handle.write(bytes, start, bytes.length - start)).bytesWritten;
      }
    },
    close: () => closing ??= handle.close(),
    async remove() {
      await (closing ??= handle.close()).catch(() => {});
      await fs.rm(path, { force: true });
    },
  };
}

/** Moves a file, also onto another file system. */
export async function moveFile(from: string, to: string): Promise<void> {
  const fs = await import("node:fs/promises");
  try {
    await fs.rename(from, to);
  } catch (error) {
    if ((error as { code?: string }).code !== "EXDEV") throw error;
    await fs.copyFile(from, to);
    await fs.rm(from, { force: true });
  }
}

/** Writes a file that only this user can read. */
export async function writeContent(path: string, bytes: Uint8Array): Promise<void> {
  const fs = await import("node:fs/promises");
  await fs.writeFile(path, bytes, { mode: 0o600 });
}

/** Joins a folder and the names below it. */
export async function joinNames(folder: string, names: readonly string[]): Promise<string> {
  const { join } = await import("node:path");
  return join(folder, ...names);
}
