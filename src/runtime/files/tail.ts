/**
 * The end of a file that grows, such as a log.
 *
 * @module
 */

import * as fs from "node:fs";

const NEWLINE = 10;

/** How much is read at a time, in bytes. */
const CHUNK_SIZE = 65_536;

/** The longest line that is kept whole while its beginning is searched, in bytes. */
const MAX_LINE = 1024 * 1024;

/**
 * The lines of a file from its last one to its first.
 *
 * @param end Where to begin, in bytes from the start of the file.
 */
export function* linesBackwards(path: string, end: number): Generator<string> {
  const descriptor = fs.openSync(path, "r");
  try {
    const decoder = new TextDecoder();
    let rest = new Uint8Array();
    // Nothing follows the last line end of the file.
    let skip = true;
    for (let position = end; position > 0;) {
      const start = Math.max(0, position - CHUNK_SIZE);
      const chunk = new Uint8Array(position - start + rest.length);
      fs.readSync(descriptor, chunk, 0, position - start, start);
      chunk.set(rest, position - start);
      position = start;
      let last = chunk.length;
      for (let at = lastNewline(chunk, last); at >= 0; at = lastNewline(chunk, last)) {
        if (!skip || at + 1 < last) yield decoder.decode(chunk.subarray(at + 1, last));
        skip = false;
        last = at;
      }
      rest = chunk.slice(0, Math.min(last, MAX_LINE));
      if (rest.length > 0) skip = false;
      if (position === 0) yield decoder.decode(rest);
    }
  } finally {
    fs.closeSync(descriptor);
  }
}

/** The last line end before `end`, or -1. */
function lastNewline(bytes: Uint8Array, end: number): number {
  return end === 0 ? -1 : bytes.lastIndexOf(NEWLINE, end - 1);
}

/** The size of a file in bytes, and what tells it apart from another one of the same name. */
export function fileState(path: string): { size: number; identity: string } | undefined {
  const found = fs.statSync(path, { throwIfNoEntry: false });
  return found && { size: found.size, identity: `${found.dev}:${found.ino}` };
}

/** Reads a part of a file, from `start` to `end`, in bytes. */
export function readPart(path: string, start: number, end: number): Uint8Array {
  const descriptor = fs.openSync(path, "r");
  try {
    const bytes = new Uint8Array(Math.min(end - start, CHUNK_SIZE * 16));
    return bytes.subarray(0, fs.readSync(descriptor, bytes, 0, bytes.length, start));
  } finally {
    fs.closeSync(descriptor);
  }
}
