/**
 * The whole check of the repository: static checks, tests and documented examples. The last line is
 * `N passed, N failed, N skipped`.
 *
 * Most tests wait more than they compute, so folders and files of tests run side by side: a few
 * jobs at a time, the longest first.
 *
 * @example
 * ```sh
 * deno task test                 # everything
 * deno task test --every-runtime # what no runtime does differently, on each runtime, too
 * deno task ok                   # the static gate alone
 * deno task test tests/text      # everything else as above, but only these test files
 * ```
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };
import { build } from "../npm/build.ts";
import { installBun, ROOT } from "./tools.ts";

/** How many checks passed, failed and were skipped. */
interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  /** What failed, as far as the output says so. */
  failures?: Failure[];
}

/** A test that failed, with the file or folder of its job, or a static check that failed. */
interface Failure {
  name: string;
  job?: string;
}

/** The result of a command. */
interface Outcome {
  success: boolean;
  output: string;
}

/** The static checks: each command passes or fails as one check. */
const GATE: Record<string, string[]> = {
  "format": ["fmt", "--check"],
  "lint": ["lint"],
  "types": ["check"],
  "documentation": ["doc", "--lint", ...Object.values(config.exports)],
  "package": ["publish", "--dry-run", "--allow-dirty", "--quiet"],
};

/** How many jobs run at the same time: more than processors, as most wait most of the time. */
const LANES = 4;

/** Folders of tests that take minutes: each of their files is a separate job. */
const BY_FILE = ["cluster", "conformance", "executable", "http", "supervisor", "websocket"];

/** The longest jobs start first, so that all lanes end at about the same time. */
const LONGEST = [
  "tests/npm",
  "tests/supervisor/start_test.ts",
  "tests/supervisor/privileges_test.ts",
  "tests/timer",
  "tests/connection",
  "tests/admin",
  "tests/executable/compile_test.ts",
  "tests/websocket/chat_test.ts",
  "tests/supervisor/upgrade_test.ts",
  "tests/supervisor/reload_test.ts",
  "tests/hostile",
  "tests/executable/executable_test.ts",
  "tests/apps",
  "tests/cli",
  "tests/docs",
  "tests/examples",
  "tests/supervisor/systemd_test.ts",
  "tests/websocket/runtimes_test.ts",
  "tests/supervisor/output_test.ts",
  "tests/supervisor/killed_test.ts",
  "tests/executable/four_ways_test.ts",
  "tests/supervisor/steering_test.ts",
];

/** With more jobs that failed than this, none is run again: the fault is in the code. */
const MOST_RUN_AGAIN = 4;

/** Where `deno test --doc` finds examples. */
const DOCUMENTED = ["README.md", "CONTRIBUTING.md", "docs", "mod.ts", "cli.ts", "src", "protocols"];

/** Runs `deno` with `args`. */
async function deno(args: string[]): Promise<Outcome> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    env: { NO_COLOR: "1", ...Deno.args.includes("--every-runtime") ? { EVERY_RUNTIME: "1" } : {} },
    stdin: "null",
  }).output();
  const [output, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { success, output: output + errors };
}

/** Runs one static check. */
async function runCheck(name: string, args: string[]): Promise<Counts> {
  const { success, output } = await deno(args);
  console.log(`${name} ... ${success ? "ok" : "FAILED"}`);
  if (!success) console.log(output);
  if (success) return { passed: 1, failed: 0, skipped: 0 };
  return { passed: 0, failed: 1, skipped: 0, failures: [{ name }] };
}

/** Runs `deno test` with `args` and counts the results in its summary line. */
async function runTests(args: string[]): Promise<Counts> {
  const start = performance.now();
  const { success, output } = await deno(["test", "-A", "--no-check", ...args]);
  const seconds = Math.round((performance.now() - start) / 1000);
  console.log(`\n${args.join(" ")} (${seconds} s)\n${output}`);
  const summary = /^(?:ok|FAILED) \| (\d+) passed.*? \| (\d+) failed(?:.*? \| (\d+) ignored)?/m
    .exec(output);
  if (summary === null) return { passed: 0, failed: success ? 0 : 1, skipped: 0 };
  const [passed, failed, skipped] = summary.slice(1).map((digits) => Number(digits ?? 0));
  const failures = failedTests(output).map((name) => ({ name, job: args.at(-1) }));
  return { passed, failed: success ? failed : Math.max(1, failed), skipped, failures };
}

/**
 * The names of tests that an output of `deno test` lists as failed: `name => ./tests/file.ts:3:6`. The
 * place is where the test is registered, which can be a helper.
 */
function failedTests(output: string): string[] {
  const list = output.split(/^ FAILURES $/m)[1] ?? "";
  return Array.from(list.matchAll(/^(.+) => \.\/tests\/\S+?:\d+:\d+$/gm), ([, name]) => name);
}

/**
 * Runs the jobs of failed tests once more, alone: a busy machine can break a test that is right.
 * Lists the tests that passed only then, because they need a fix, too.
 */
async function runAgain(all: Counts[]): Promise<Counts> {
  const failures = all.flatMap(({ failures }) => failures ?? []);
  const jobs = new Set(failures.flatMap(({ job }) => job ?? []));
  const recovered: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { name, job } of failures) console.log(`FAILED: ${name} (${job ?? "static"})`);
  const tests = failures.filter(({ job }) => job !== undefined);
  if (tests.length !== sum(all).failed || jobs.size > MOST_RUN_AGAIN) return recovered;
  for (const job of jobs) {
    const there = failures.filter((failure) => failure.job === job);
    const { passed, failed } = await runTests([job]);
    if (failed > 0 || passed < there.length) continue;
    recovered.passed += there.length;
    recovered.failed -= there.length;
    for (const { name } of there) console.log(`passed only when run again, alone: ${name}`);
  }
  return recovered;
}

/** Runs jobs in a few lanes: each lane takes the next job when it has finished one. */
async function runSideBySide(jobs: (() => Promise<Counts>)[]): Promise<Counts[]> {
  const all: Counts[] = [];
  const waiting = jobs.values();
  await Promise.all(Array.from({ length: LANES }, async () => {
    for (const job of waiting) all.push(await job());
  }));
  return all;
}

/** The jobs: folders and files below `tests`, the longest first. */
async function testJobs(): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${ROOT}tests`)) {
    if (isTest(name)) paths.push(`tests/${name}`);
    if (!isDirectory) continue;
    const files = await testFiles(`tests/${name}`);
    if (BY_FILE.includes(name)) paths.push(...files);
    else if (files.length > 0) paths.push(`tests/${name}`);
  }
  const others = paths.filter((path) => !LONGEST.includes(path)).sort();
  return [...LONGEST, ...others];
}

/** The files of tests in a folder and its subfolders. */
async function testFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(ROOT + folder)) {
    if (isTest(name)) files.push(`${folder}/${name}`);
    if (isDirectory) files.push(...await testFiles(`${folder}/${name}`));
  }
  return files;
}

/** Whether a file contains tests, by its name. */
function isTest(name: string): boolean {
  return name.endsWith("_test.ts");
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

/** The existing paths of {@linkcode DOCUMENTED}. */
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
  const checks = Object.entries(GATE).map(([name, args]) => () => runCheck(name, args));
  const all = await runSideBySide(checks);
  if (!gateOnly) {
    await installBun().catch((error) => console.log(error.message));
    // Once, before tests that use the package run in parallel.
    await build();
    const paths = files.length > 0 ? files : await testJobs();
    const examples = ["--doc", ...await documented()];
    all.push(
      ...await runSideBySide([
        () => runTests(examples),
        ...paths.map((path) => () => runTests([path])),
      ]),
    );
    all.push(await runAgain(all));
  }
  const { passed, failed, skipped } = sum(all);
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  Deno.exit(failed > 0 ? 1 : 0);
}
