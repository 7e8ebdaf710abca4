/**
 * The resource usage of a server process, from Linux's /proc.
 *
 * @module
 */

/** Clock ticks per second in /proc/PID/stat: 100 in user space on every Linux. */
const TICKS = 100;

/** The CPU time that all threads of process `pid` have used so far, in seconds. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  // The second field is the command in parentheses, which can contain blanks: see proc_pid_stat(5).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])];
  return (userTicks + systemTicks) / TICKS;
}

/** The memory of process `pid` that is in RAM, in bytes. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmRSS:\s*(\d+)/.exec(status)![1]) * 1024;
}

/** The memory of process `pid` in RAM, with its share of shared memory, in bytes. */
export async function proportionalBytes(pid: number): Promise<number> {
  const rollup = await Deno.readTextFile(`/proc/${pid}/smaps_rollup`);
  return Number(/^Pss:\s*(\d+)/m.exec(rollup)![1]) * 1024;
}

/**
 * Pins process `pid` and its children to one core, so that server and load do not disturb each
 * other.
 *
 * @throws If taskset (of util-linux) is missing.
 */
export async function pin(pid: number, processor: number): Promise<void> {
  if (navigator.hardwareConcurrency <= processor) return;
  const args = ["--all-tasks", "--cpu-list", "--pid", String(processor), String(pid)];
  const { success, stderr } = await new Deno.Command("taskset", { args }).output();
  if (!success) throw new Error(`Cannot run taskset: ${new TextDecoder().decode(stderr)}`);
}

/** Waits until the memory of a process is stable, and returns it. */
export async function settledBytes(pid: number): Promise<number> {
  let last = 0;
  for (let next = await residentBytes(pid); next !== last; next = await residentBytes(pid)) {
    last = next;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return last;
}
