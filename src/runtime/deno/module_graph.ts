/**
 * The modules that an app imports.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import process from "node:process";
import { spawn } from "../process/child.ts";
import { environment } from "../process/process.ts";

/** Flags of `deno run` that change how imports are resolved, and of these, the ones with a word as value. */
const RESOLVES = /^(--(config|import-map|no-config|node-modules-dir|vendor)(=|$)|-c)/;
const NEEDS_WORD = /^(--config|--import-map|-c)$/;

/** The used part of the answer of `deno info`. */
interface Graph {
  modules?: { specifier?: string }[];
}

/**
 * The local files that an app imports, directly or indirectly, and itself. Imports whose names are
 * computed are missing.
 *
 * @param app The app's module: a path or a URL.
 * @param given The flags of this program.
 * @throws With the reason if Deno cannot tell.
 */
export async function moduleGraph(app: string, given: string[]): Promise<string[]> {
  const resolving = given.filter((flag, index, flags) =>
    RESOLVES.test(flag) || NEEDS_WORD.test(flags[index - 1] ?? "")
  );
  // Files can only be imported by files, so the network is not needed.
  const flags = ["--json", "--quiet", "--no-lock", "--no-remote", "--no-npm", ...resolving];
  const lines: string[] = [];
  const child = spawn([process.execPath, "info", ...flags, app], {
    environment: environment(),
    output: "ignore",
    onLine: (line) => void lines.push(line),
  });
  const { code, signal, error } = await child.exited;
  if (error !== undefined) throw new Error(error);
  if (code !== 0) throw new Error(`The command deno info ended with ${signal ?? `code ${code}`}`);
  await child.linesEnded;
  const { modules = [] }: Graph = JSON.parse(lines.join("\n"));
  return modules
    .map(({ specifier = "" }) => specifier)
    .filter((specifier) => specifier.startsWith("file:") && !specifier.includes("/node_modules/"))
    .map((specifier) => fileURLToPath(specifier));
}
