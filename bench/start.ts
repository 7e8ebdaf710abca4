/**
 * What it costs to start: CPU time from the start of a process until it listens, for a bare socket
 * loop of the runtime and for Goer. Arguments choose runtimes: `deno run -A bench/start.ts node`.
 *
 * @module
 */

import { type Runtime, RUNTIMES } from "../tests/helpers/runtimes.ts";
import { ROOT } from "../tests/tools.ts";
import { printTable } from "./helpers/table.ts";

/** How often each program is started, in turn. */
const ROUNDS = 21;

/** The CPU time of the threads that process `pid` has now, in ms. */
async function cpuMilliseconds(pid: number): Promise<number> {
  let nanoseconds = 0;
  for await (const { name } of Deno.readDir(`/proc/${pid}/task`)) {
    // A thread may have ended meanwhile.
    const text = await Deno.readTextFile(`/proc/${pid}/task/${name}/schedstat`).catch(() => "0");
    nanoseconds += Number(text.split(" ")[0]);
  }
  return nanoseconds / 1e6;
}

/** Starts a program, and returns the CPU time it has used when it prints that it listens, in ms. */
async function timeOf(runtime: Runtime, app: string): Promise<number> {
  const [command, ...args] = await runtime.command(app, "response");
  const child = new Deno.Command(command, { args, cwd: ROOT, stdin: "null", stdout: "piped" })
    .spawn();
  const output = child.stdout.getReader();
  await output.read();
  const time = await cpuMilliseconds(child.pid);
  child.kill("SIGKILL");
  await Promise.all([output.cancel(), child.status]);
  return time;
}

const chosen = RUNTIMES.filter(({ name }) => Deno.args.length === 0 || Deno.args.includes(name));
const rows: string[][] = [];
for (const runtime of chosen) {
  const apps = [`bench/servers/bare_${runtime.name}.ts`, "bench/servers/goer.ts"];
  const times = apps.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, app] of apps.entries()) {
      times[index].push(await timeOf(runtime, app));
    }
  }
  // Other programs only make a start slower, so the fastest ones say most.
  const [bare, goer] = times.map((all) => Math.min(...all));
  rows.push([runtime.name, ...[bare, goer, goer - bare].map((time) => time.toFixed(0))]);
}
printTable(["CPU ms until it listens", "bare", "Goer", "difference"], rows);
