/**
 * What the runtime at hand can do with descriptors.
 *
 * @module
 */

import type { Descriptors } from "./descriptors.ts";

/** Loads what this runtime offers; `undefined` where it offers nothing, or has no right to. */
export async function loadDescriptors(): Promise<Descriptors | undefined> {
  if ("Deno" in globalThis) return (await import("./deno/descriptors.ts")).denoDescriptors();
  if ("Bun" in globalThis) return (await import("./bun/descriptors.ts")).bunDescriptors();
  return (await import("./node/descriptors.ts")).nodeDescriptors();
}
