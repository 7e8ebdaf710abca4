/** The behaviour of timers on each runtime: the same tests, and how processes end. */

import { assertEquals } from "@std/assert";
import { bundled } from "../helpers/bundled.ts";
import { inTime } from "../helpers/wait.ts";
import { type Runtime, testOnEach } from "../helpers/runtimes.ts";
import { ROOT } from "../tools.ts";

/** Runs a program to its end. It must exit with 0. */
async function run(runtime: Runtime, ...words: string[]): Promise<string> {
  const [app, ...rest] = words;
  const [path, ...args] = await bundled(runtime).command(app, ...rest);
  const child = new Deno.Command(path, {
    args,
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  try {
    const { code, stdout, stderr } = await inTime(output, words.join(" "));
    if (code !== 0) throw new Error(`exit code ${code}: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout);
  } catch (error) {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await output;
    throw error;
  }
}

testOnEach("timers behave the same on every runtime", async (runtime) => {
  const lines = (await run(runtime, "tests/timer/behaviours.ts")).trimEnd().split("\n");
  const { passed, failed } = JSON.parse(lines.at(-1)!);
  assertEquals(failed, []);
  assertEquals(passed.length >= 80, true, `only ${passed.length} were run`);
});

testOnEach(
  "a process stays alive as long as a referenced timer is pending",
  async (runtime) => {
    assertEquals(await run(runtime, "tests/timer/process_life.ts"), "held 1\nheld 2\nheld 3\n");
  },
);
