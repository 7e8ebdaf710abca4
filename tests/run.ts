/**
 * The whole check of the repository: the static gate, the tests and the documented examples. Ends
 * with one line, `N passed, N failed, N skipped`.
 *
 * @example
 * ```sh
 * deno task test            # everything
 * deno task ok              # the static gate alone
 * deno task test tests/text # everything else as above, but only these test files
 * ```
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };
import { installBun, ROOT } from "./tools.ts";

/** How many checks passed, failed and were skipped. */
interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** What one command did. */
interface Outcome {
  success: boolean;
  output: string;
}

/** The static gate: each command passes or fails as one check. */
const GATE: Record<string, string[]> = {
  "format": ["fmt", "--check"],
  "lint": ["lint"],
  "types": ["check"],
  "documentation": ["doc", "--lint", ...Object.values(config.exports)],
  "package": ["publish", "--dry-run", "--allow-dirty", "--quiet"],
};

/** What `deno test --doc` takes its examples from. */
const DOCUMENTED = ["README.md", "CONTRIBUTING.md", "docs", "mod.ts", "cli.ts", "src", "protocols"];

/** Runs `deno` with `args`; with `live`, its output is shown as it comes, too. */
async function deno(args: string[], options: { live: boolean }): Promise<Outcome> {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [stdout, stderr, status] = await Promise.all([
    collect(child.stdout, options.live),
    collect(child.stderr, options.live),
    child.status,
  ]);
  return { success: status.success, output: stdout + stderr };
}

/** Reads `stream` to its end. */
async function collect(stream: ReadableStream<Uint8Array>, live: boolean): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    if (live) await Deno.stdout.write(chunk);
  }
  return text;
}

/** Runs the static gate. */
async function runGate(): Promise<Counts> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, args] of Object.entries(GATE)) {
    const { success, output } = await deno(args, { live: false });
    console.log(`${name} ... ${success ? "ok" : "FAILED"}`);
    if (!success) console.log(output);
    counts[success ? "passed" : "failed"]++;
  }
  return counts;
}

/** Runs `deno test` with `args` and counts what its summary line says. */
async function runTests(args: string[]): Promise<Counts> {
  const { success, output } = await deno(["test", "-A", "--no-check", ...args], { live: true });
  const summary = /^(?:ok|FAILED) \| (\d+) passed.*? \| (\d+) failed(?:.*? \| (\d+) ignored)?/m
    .exec(output);
  if (summary === null) return { passed: 0, failed: success ? 0 : 1, skipped: 0 };
  const [passed, failed, skipped] = summary.slice(1).map((digits) => Number(digits ?? 0));
  return { passed, failed: success ? failed : Math.max(1, failed), skipped };
}

/** Adds up counts. */
function sum(all: Counts[]): Counts {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of all) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  return total;
}

/** The paths of {@linkcode DOCUMENTED} that are there. */
async function documented(): Promise<string[]> {
  const there = await Promise.all(DOCUMENTED.map(async (path) => {
    const info = await Deno.stat(ROOT + path).catch(() => undefined);
    return info === undefined ? [] : [path];
  }));
  return there.flat();
}

if (import.meta.main) {
  const gateOnly = Deno.args[0] === "--gate";
  const files = Deno.args.filter((argument) => !argument.startsWith("--"));
  const all = [await runGate()];
  if (!gateOnly) {
    await installBun().catch((error) => console.log(error.message));
    all.push(await runTests(files.length > 0 ? files : ["tests"]));
    all.push(await runTests(["--doc", ...await documented()]));
  }
  const { passed, failed, skipped } = sum(all);
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  Deno.exit(failed > 0 ? 1 : 0);
}
