/**
 * Files that are sent to a peer, and files from a peer. All three runtimes have `node:fs/promises`.
 * It is loaded when the first file is used, so that other services do not pay for it.
 *
 * @module
 */

import type { FileHandle } from "node:fs/promises";

/** How much is read at a time, in bytes: the memory per file being sent. */
const PIECE_SIZE = 131_072;

/** A file that can be sent. It is open only while it is read. */
export interface ContentFile {
  /** Its size in bytes. */
  readonly size: number;
  /** When it was last changed. */
  readonly modified: Date;
  /**
   * Its bytes from `start` up to `end`. Reading fails if the file has been replaced or removed.
   */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

/** Opens a file again that has been checked. */
type Open = () => Promise<FileHandle>;

/**
 * Checks a file that will be sent.
 *
 * @param path The file.
 * @param options `root`: the folder that the file must be in, after following symbolic links.
 * @returns `"directory"` for a directory, `undefined` for anything else that is not a file or may
 * not be read.
 */
export async function findContent(
  path: string,
  options: { root?: string } = {},
): Promise<ContentFile | "directory" | undefined> {
  const fs = await import("node:fs/promises");
  try {
    const facts = await fs.stat(path);
    // Opening a pipe would wait for a writer.
    if (!facts.isFile() && !facts.isDirectory()) return undefined;
    if (options.root !== undefined && !await isInside(path, options.root)) return undefined;
    if (facts.isDirectory()) return "directory";
    await fs.access(path, fs.constants.R_OK);
    const open = () => openSame(path, facts);
    const read = (start: number, end: number) => ({
      [Symbol.asyncIterator]: () => new FilePieces(open, start, end),
    });
    return { size: facts.size, modified: facts.mtime, read };
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

/** Opens the file that was checked, and not one that has replaced it. */
async function openSame(path: string, { ino, dev }: { ino: number; dev: number }) {
  const fs = await import("node:fs/promises");
  const handle = await fs.open(path, "r");
  const opened = await handle.stat();
  if (opened.ino === ino && opened.dev === dev) return handle;
  await handle.close();
  throw new Error(`Cannot read "${path}": another file has replaced it`);
}

const DONE = { done: true, value: undefined } as const;

/** Not a generator: generators run `return()` only after a pending read. */
class FilePieces implements AsyncIterator<Uint8Array> {
  readonly #open: Open;
  readonly #end: number;
  #position: number;
  #handle: FileHandle | undefined;
  #reading: Promise<IteratorResult<Uint8Array>> | undefined;
  #isOver = false;

  constructor(open: Open, start: number, end: number) {
    this.#open = open;
    this.#position = start;
    this.#end = end;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    return this.#reading = this.#read();
  }

  /** Closes the file. */
  async return(): Promise<IteratorResult<Uint8Array>> {
    this.#isOver = true;
    // A descriptor that is closed during a read could already belong to another file.
    await this.#reading?.catch(() => {});
    await this.#close();
    return DONE;
  }

  async #read(): Promise<IteratorResult<Uint8Array>> {
    const length = Math.min(PIECE_SIZE, this.#end - this.#position);
    try {
      if (length > 0 && !this.#isOver) {
        this.#handle ??= await this.#open();
        const piece = new Uint8Array(length);
        const { bytesRead } = await this.#handle.read(piece, 0, length, this.#position);
        this.#position += bytesRead;
        if (bytesRead > 0) return { done: false, value: piece.subarray(0, bytesRead) };
      }
    } catch (error) {
      await this.#close();
      throw error;
    }
    await this.#close();
    return DONE;
  }

  async #close(): Promise<void> {
    this.#isOver = true;
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }
}

/** A file from a peer that is being written. */
export interface TemporaryFile {
  /** Where it is. */
  readonly path: string;
  /** Appends bytes. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends writing. */
  close(): Promise<void>;
  /** Removes it. It may already be removed or moved. */
  remove(): Promise<void>;
}

/**
 * Creates an empty file with an unpredictable name that only this user can read.
 *
 * @param folder The folder. Default: the system's temporary folder.
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

/** Moves a file, even to another file system. */
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
