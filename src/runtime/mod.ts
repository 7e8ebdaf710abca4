/**
 * The boundary between Goer and the runtime: no file outside of this folder names Deno, Bun or
 * Node. This file picks the runtime.
 *
 * - `runtime.ts`, `descriptors.ts`: what Goer needs of a runtime, and what a runtime may lack
 *   (capabilities)
 * - `deno/`, `bun/`, `node/`: that, for one runtime. The same file has the same name in each, so a
 *   diff of two folders shows how the runtimes differ
 * - `shared/`: what two or three of these folders use
 * - `sockets/`, `files/`, `process/`, `bytes/`: what all runtimes do by the same `node:` modules
 * - `program/`: how to start this program again, run an app on another runtime, compile an app
 *
 * @module
 */

import { bun } from "./bun/runtime.ts";
import { deno } from "./deno/runtime.ts";
import { node } from "./node/runtime.ts";
import type { Runtime } from "./runtime.ts";

/** The runtime at hand. */
export const runtime: Runtime = pick();

function pick(): Runtime {
  if ("Bun" in globalThis) return bun;
  if ("Deno" in globalThis) return deno;
  return node;
}
