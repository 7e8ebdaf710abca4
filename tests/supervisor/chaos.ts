/**
 * A random walk over a service, for any time: see CONTRIBUTING.md.
 *
 * @example
 * ```sh
 * deno run -A tests/supervisor/chaos.ts --seed 7 --minutes 60 --runtime bun
 * deno run -A tests/supervisor/chaos.ts --seed 7 --steps 30
 * ```
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { RUNTIMES } from "../helpers/runtimes.ts";
import { walk } from "./chaos/walk.ts";

if (import.meta.main) {
  const read = parseArgs(Deno.args, { string: ["seed", "skip", "minutes", "steps", "runtime"] });
  const runtime = RUNTIMES.find(({ name }) => name === (read.runtime ?? "deno"));
  if (runtime === undefined) {
    console.error(`There is no runtime "${read.runtime}": --runtime takes deno, bun or node`);
    Deno.exit(2);
  }
  const seed = Number(read.seed ?? Math.floor(Math.random() * 2 ** 31));
  const steps = Number(read.steps ?? Infinity);
  const end = performance.now() + Number(read.minutes ?? 10) * 60_000;
  let interrupted = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => interrupted = true);
  }
  console.log(`seed ${seed} on ${runtime.name}`);
  try {
    const result = await walk({
      runtime,
      seed,
      skip: Number(read.skip ?? 0),
      goesOn: (done) => !interrupted && done < steps && performance.now() < end,
      onStep: (text) => console.log(new Date().toISOString().slice(11, 19), text),
    });
    console.log(JSON.stringify(result));
    Deno.exit();
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(1);
  }
}
