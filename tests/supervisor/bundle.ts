/**
 * Runs a fixture that imports modules of `src/` on every runtime, bundled, because Node cannot run
 * TypeScript.
 *
 * @module
 */

import type { Runtime } from "../helpers/runtimes.ts";
import type { DescriptorCapabilities } from "../../src/runtime/descriptors.ts";
import { ROOT } from "../tools.ts";

const bundles = new Map<string, Promise<string>>();

/** The command that runs a fixture of `tests/supervisor/fixtures` under `runtime`. */
export async function fixtureCommand(runtime: Runtime, fixture: string): Promise<string[]> {
  const path = `${ROOT}tests/supervisor/fixtures/${fixture}.ts`;
  if (runtime.name === "deno") {
    return [runtime.path, "run", "--allow-all", `--config=${ROOT}deno.json`, path];
  }
  if (!bundles.has(fixture)) bundles.set(fixture, bundle(path, fixture));
  return [runtime.path, await bundles.get(fixture)!];
}

async function bundle(path: string, name: string): Promise<string> {
  const target = `${ROOT}.goer/fixtures/${name}.mjs`;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--no-check", "--platform=deno", `--output=${target}`, path],
    cwd: ROOT,
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`Cannot bundle: ${new TextDecoder().decode(stderr)}`);
  return target;
}

/** Runs a fixture to its end and returns its last line, which is JSON. */
export async function runFixture(
  runtime: Runtime,
  fixture: string,
  ...words: string[]
): Promise<unknown> {
  const [executable, ...args] = [...await fixtureCommand(runtime, fixture), ...words];
  const { stdout, stderr, code } = await new Deno.Command(executable, { args }).output();
  const text = new TextDecoder();
  if (code !== 0) throw new Error(`exit code ${code}: ${text.decode(stderr)}`);
  return JSON.parse(text.decode(stdout).trim().split("\n").pop()!);
}

/** The descriptor capabilities of a runtime, which depend on permissions and versions. */
export async function descriptorCapabilities(
  runtime: Runtime,
): Promise<DescriptorCapabilities & { execute: boolean }> {
  const answer = await runFixture(runtime, "descriptors", "capabilities");
  return answer as DescriptorCapabilities & { execute: boolean };
}
