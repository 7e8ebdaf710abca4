/**
 * Timers: the cost of adding and cancelling one, and of restarting one, while many are pending, on
 * each runtime, compared with its own `setTimeout` and `clearTimeout`, in CPU time of the whole
 * process; and the memory of each.
 *
 * Run it with `deno run -A bench/timers.ts [runs] [runtime]`. `bench/README.md` has the results.
 *
 * @module
 */

import { type Runtime, RUNTIMES } from "../tests/helpers/runtimes.ts";
import { median } from "./helpers/compare.ts";
import { printTable } from "./helpers/table.ts";
import type { TimerCosts } from "./programs/timers.ts";

const runs = Number(Deno.args[0] ?? 3);
const only = Deno.args[1];

/** The numbers of pending timers. */
const PENDING = [1_000, 1_000_000];

/** The results of a process with `pending` timers of a kind. */
async function measure(runtime: Runtime, kind: string, pending: number): Promise<TimerCosts> {
  const [path, ...args] = await runtime.command("bench/programs/timers.ts", kind, `${pending}`);
  const { stdout } = await new Deno.Command(path, { args, stderr: "inherit" }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** One line of the table: the native cost, the wheel's, and their ratio, as medians of `runs`. */
function row(name: string, native: number[], wheel: number[], digits: number): string[] {
  const ratios = native.map((cost, run) => cost / wheel[run]);
  return [
    name,
    median(native).toFixed(digits),
    median(wheel).toFixed(digits),
    median(ratios).toFixed(1),
  ];
}

async function compareTimers(runtime: Runtime, pending: number): Promise<string[][]> {
  const native: TimerCosts[] = [];
  const wheel: TimerCosts[] = [];
  for (let run = 0; run < runs; run++) {
    native.push(await measure(runtime, "native", pending));
    wheel.push(await measure(runtime, "wheel", pending));
  }
  const line = (name: string, of: (costs: TimerCosts) => number, digits: number) =>
    row(name, native.map(of), wheel.map(of), digits);
  return [
    line("add and cancel, µs", ({ add }) => add, 3),
    line("rearm, µs", ({ reset }) => reset, 3),
    line("rearm in random order, µs", ({ resetRandomly }) => resetRandomly, 3),
    ...pending < 100_000 ? [] : [line("memory each, bytes", ({ memory }) => memory, 0)],
  ];
}

for (const runtime of RUNTIMES.filter(({ name }) => only === undefined || name === only)) {
  for (const pending of PENDING) {
    const rows = await compareTimers(runtime, pending);
    printTable([`${runtime.name}, ${pending} pending`, "native", "wheel", "ratio"], rows);
    console.log();
  }
}
