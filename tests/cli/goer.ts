/**
 * Runs the `goer` command from its sources.
 *
 * @module
 */

import { ROOT } from "../tools.ts";

/** What a command printed, and its exit code. */
export interface Printed {
  code: number;
  out: string;
  error: string;
}

/** Runs a command to its end. */
export async function run(
  command: string[],
  options: { cwd?: string; env?: Record<string, string>; input?: string } = {},
): Promise<Printed> {
  const child = new Deno.Command(command[0], {
    args: command.slice(1),
    cwd: options.cwd,
    env: options.env,
    stdin: options.input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(120_000),
  }).spawn();
  if (options.input !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(options.input));
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), error: text.decode(stderr) };
}

/** Runs `goer` with these words. */
export async function goer(...words: string[]): Promise<Printed> {
  const config = `--config=${ROOT}deno.json`;
  return await run([Deno.execPath(), "run", "-A", "--no-check", config, `${ROOT}cli.ts`, ...words]);
}
