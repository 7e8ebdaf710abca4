/**
 * What the runtimes can do, as `src/runtime` declares it.
 *
 * @module
 */

import { bun } from "../../src/runtime/bun/runtime.ts";
import { deno } from "../../src/runtime/deno/runtime.ts";
import { node } from "../../src/runtime/node/runtime.ts";
import type { Capabilities } from "../../src/runtime/runtime.ts";
import type { Runtime } from "./runtimes.ts";

const RUNTIMES = { deno, bun, node };

/** What a runtime can do. */
export function capabilitiesOf({ name }: Runtime): Capabilities {
  return RUNTIMES[name].capabilities;
}
