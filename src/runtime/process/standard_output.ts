/**
 * Standard output, written in the background: a reader that does not read stops nothing here.
 *
 * @module
 */

import process from "node:process";
import { survivesClosedOutput } from "./process.ts";

let prepared = false;

/**
 * Writes `bytes`, and calls `done` when the system has taken them, or will not. Nothing else may be
 * written before that.
 */
export function writeInBackground(bytes: Uint8Array, done: (ok: boolean) => void): void {
  if ("Deno" in globalThis) {
    // The stream of `node:process` waits on Deno, and all of the process with it.
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
