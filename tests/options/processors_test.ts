import { assertEquals } from "@std/assert";
import { grantedProcessors } from "../../src/runtime/process/processors.ts";

/**
 * Simulates a system with control groups, because creating them requires permissions that tests
 * seldom have.
 */
function system(files: Record<string, string>): (path: string) => string | undefined {
  return (path) => files[path];
}

const CASES: [name: string, files: Record<string, string>, granted: number][] = [
  ["no control groups grant all processors", {}, Infinity],
  ["a container that sees its own group as the root has its quota", {
    "/proc/self/cgroup": "0::/\n",
    "/sys/fs/cgroup/cpu.max": "150000 100000\n",
  }, 1.5],
  ["a group without a quota grants all processors", {
    "/proc/self/cgroup": "0::/system.slice/goer.service\n",
    "/sys/fs/cgroup/system.slice/goer.service/cpu.max": "max 100000\n",
  }, Infinity],
  ["the smallest quota of the groups around a process counts", {
    "/proc/self/cgroup": "0::/a/b/c\n",
    "/sys/fs/cgroup/a/b/c/cpu.max": "400000 100000\n",
    "/sys/fs/cgroup/a/cpu.max": "200000 100000\n",
  }, 2],
  ["version 1 of control groups counts too", {
    "/proc/self/cgroup": "9:name=systemd:/x\n4:cpu,cpuacct:/docker/1\n",
    "/sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_quota_us": "300000\n",
    "/sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_period_us": "100000\n",
  }, 3],
  ["a quota of -1 is none", {
    "/proc/self/cgroup": "4:cpu:/\n",
    "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
    "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
  }, Infinity],
  ["files that hold nonsense grant all processors", {
    "/proc/self/cgroup": "nonsense\n0::relative\n0::/\n",
    "/sys/fs/cgroup/cpu.max": "0 0\n",
  }, Infinity],
];

for (const [name, files, granted] of CASES) {
  Deno.test(name, () => assertEquals(grantedProcessors(system(files)), granted));
}
