/**
 * How Node runs this program.
 *
 * @module
 */

import process from "node:process";
import type { RuntimeProgram } from "../runtime.ts";
import { answerInNode } from "./module_hooks.ts";

/** This program on Node. */
export const nodeProgram: RuntimeProgram = {
  standalone: false,
  get readsTypeScript(): boolean {
    return "typescript" in process.features && !!process.features.typescript;
  },
  mainModule: () => process.argv[1],
  // Node reads options such as `--env-file` also from the words after the module, if nothing ends its own.
  flags: () => [...process.execArgv, "--"],
  workerFlags: (flags) => [...flags],
  withhold() {},
  answerImports: (modules) => answerInNode(modules as Record<string, string>),
  compiler: () => undefined,
};
