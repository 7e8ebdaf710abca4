/**
 * The output of this process.
 *
 * @module
 */

import { writeSync } from "node:fs";
import process from "node:process";
import { printableLines } from "../../printable.ts";

/**
 * Writes to standard output immediately. A closed reader is not an error. Control characters are
 * escaped, because the text may come from peers, apps and workers.
 */
export function writeOutput(text: string): void {
  writeDescriptor(1, printableLines(text));
}

/**
 * How long the last output waits for a full pipe, in ms: its reader may be busy, or stopped for
 * good.
 */
const MAX_LAST_WORDS_TIME = 2000;

/** How long to wait before the next attempt to write to a full pipe, in ms. */
const FULL_PIPE_PAUSE = 5;

/**
 * Writes to standard output when this process ends, and waits for a full pipe, because no later
 * turn could write the rest.
 */
export function writeLastOutput(text: string): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  let bytes: Uint8Array = new TextEncoder().encode(printableLines(text));
  for (let time = 0; bytes.length > 0 && time < MAX_LAST_WORDS_TIME; time += FULL_PIPE_PAUSE) {
    bytes = writeNow(1, bytes);
    if (bytes.length > 0) Atomics.wait(pause, 0, 0, FULL_PIPE_PAUSE);
  }
}

/** Writes text that was made printable, and then coloured. */
export function writeStyled(text: string): void {
  writeDescriptor(1, text);
}

/** Writes to standard error, like {@linkcode writeOutput}. */
export function writeErrorOutput(text: string): void {
  writeDescriptor(2, printableLines(text));
}

/**
 * The descriptors whose pipe was full. The runtime's streams wait for these, and queue further
 * output.
 */
const waiting = new Set<number>();

/** Whether this process ends when the reader of its output is gone. */
let endsWithReader = false;

/**
 * Ends this process when it writes to standard output and the reader is gone: for commands that would
 * go on until they are stopped, such as `goer logs -f app.ts | head`.
 */
export function endWithReader(): void {
  endsWithReader = true;
  process.stdout.on("error", () => process.exit(0));
}

function writeDescriptor(descriptor: 1 | 2, text: string): void {
  const bytes = new TextEncoder().encode(text);
  const left = waiting.has(descriptor) ? bytes : writeNow(descriptor, bytes);
  if (left.length === 0) return;
  waiting.add(descriptor);
  (descriptor === 1 ? process.stdout : process.stderr).write(left);
}

/** Writes what a pipe has room for. Returns the rest, which is empty if the reader has gone. */
function writeNow(descriptor: 1 | 2, bytes: Uint8Array): Uint8Array {
  let left = bytes;
  try {
    while (left.length > 0) left = left.subarray(writeSync(descriptor, left));
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "EPIPE" && descriptor === 1 && endsWithReader) process.exit(0);
    if (code !== "EAGAIN") return left.subarray(left.length);
  }
  return left;
}

/** True if standard output is a terminal. */
export function outputIsTerminal(): boolean {
  return process.stdout.isTTY === true;
}

/** Ignores errors of a closed output, which must not end a process that serves. */
export function survivesClosedOutput(): void {
  process.stdout.on("error", () => {});
  process.stderr.on("error", () => {});
}

let prepared = false;

/**
 * Writes `bytes`, and calls `done` when the system has taken them, or writing has failed. Nothing
 * else may be written before that.
 */
export function writeInBackground(bytes: Uint8Array, done: (ok: boolean) => void): void {
  if ("Deno" in globalThis) {
    // The stream of `node:process` blocks the whole process on Deno.
    return void writeAll(bytes).then(() => done(true), () => done(false));
  }
  if (!prepared) survivesClosedOutput();
  prepared = true;
  process.stdout.write(bytes, (error) => done(!error));
}

async function writeAll(bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await Deno.stdout.write(bytes.subarray(written));
  }
}
