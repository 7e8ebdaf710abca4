/**
 * Imports of Goer by name, on Bun.
 *
 * @module
 */

import type { OwnModule } from "../runtime.ts";
import { bunGlobal } from "./api.ts";

/** Makes Bun load these modules by name. */
export function answerInBun(named: Record<string, OwnModule>): void {
  bunGlobal().plugin({
    name: "goer",
    setup(build) {
      for (const [name, module] of Object.entries(named)) {
        build.module(name, async () => ({
          exports: await (typeof module === "string" ? import(module) : module()),
          loader: "object",
        }));
      }
    },
  });
}
