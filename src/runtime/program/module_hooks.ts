/**
 * Imports of Goer by name, in an app that has not installed it: the program that runs the app
 * provides the modules.
 *
 * @module
 */

import * as nodeModule from "node:module";
import { ownProgram } from "./own_program.ts";
import type { OwnModule } from "../runtime.ts";

export type { OwnModule } from "../runtime.ts";

/** The name of the package, on JSR and on npm. */
export const PACKAGE_NAME = "@goer/goer";

/**
 * Resolves imports of Goer to this program's own modules. What the app has installed takes
 * precedence, unless the modules are part of this program. On Deno an import map does this.
 *
 * @param modules The modules by export path: `"."`, `"./protocols"`.
 * @param app The module that imports them.
 */
export function answerImports(modules: Record<string, OwnModule>, app: string): void {
  if (ownProgram.answerImports === undefined) return;
  const named: Record<string, OwnModule> = {};
  const installed = isInstalled(app);
  for (const [path, module] of Object.entries(modules)) {
    if (typeof module === "string" && installed) continue;
    named[PACKAGE_NAME + path.slice(1)] = module;
  }
  if (Object.keys(named).length > 0) ownProgram.answerImports(named);
}

function isInstalled(app: string): boolean {
  try {
    nodeModule.createRequire(app).resolve(PACKAGE_NAME);
    return true;
  } catch {
    return false;
  }
}
