/**
 * Writes standard output in the background, so that a slow reader does not block the process.
 *
 * @module
 */

import process from "node:process";
import { survivesClosedOutput } from "./process.ts";

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
