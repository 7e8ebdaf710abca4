/**
 * Programs that measure, each in a separate process.
 *
 * @module
 */

import type { Runtime } from "../helpers/runtimes.ts";
import { ROOT } from "../tools.ts";

/** How long a program may take, in ms. On an idle machine it takes a tenth of that. */
const PATIENCE = 300_000;

/** Runs a program to its end, and returns its output. */
export async function outputOf(runtime: Runtime, app: string): Promise<string> {
  const [path, ...args] = await runtime.command(app);
  const child = new Deno.Command(path, {
    args,
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(PATIENCE),
  });
  const { success, code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`${app} ended with ${code}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

/** Runs a program to its end, and returns the last line of its output. */
export async function lastLine(runtime: Runtime, app: string): Promise<string> {
  return (await outputOf(runtime, app)).trimEnd().split("\n").at(-1)!;
}
