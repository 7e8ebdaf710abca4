/**
 * Picks the runtime that this program runs on.
 *
 * @module
 */

import { bun } from "./bun/stream.ts";
import { deno } from "./deno/stream.ts";
import { node } from "./node/stream.ts";
import type { Runtime } from "./runtime.ts";

/** The runtime at hand. */
export const runtime: Runtime = pick();

function pick(): Runtime {
  if ("Bun" in globalThis) return bun;
  if ("Deno" in globalThis) return deno;
  return node;
}
