/**
 * How the runtime at hand runs this program: for the command, the supervisor and its workers. A service
 * alone does without.
 *
 * @module
 */

import { bunProgram } from "../bun/program.ts";
import { denoProgram } from "../deno/program.ts";
import { runtime } from "../mod.ts";
import { nodeProgram } from "../node/program.ts";
import type { RuntimeProgram } from "../runtime.ts";

const PROGRAMS: Readonly<Record<string, RuntimeProgram>> = {
  bun: bunProgram,
  deno: denoProgram,
  node: nodeProgram,
};

/** This program. */
export const ownProgram: RuntimeProgram = PROGRAMS[runtime.name];
