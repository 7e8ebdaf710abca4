/**
 * The environment of other processes, and inherited sockets.
 *
 * @module
 */

import { environmentVariable } from "../runtime/process/environment.ts";
import { environment, processId } from "../runtime/process/process.ts";
import {
  type GivenSocket,
  START_VARIABLE,
  type StartInfo,
  startInfo,
  startVariable,
} from "../start_info.ts";

/** The variables for inherited sockets, as in systemd. */
export const LISTEN_VARIABLES = {
  process: "LISTEN_PID",
  count: "LISTEN_FDS",
  names: "LISTEN_FDNAMES",
} as const;

/** The first inherited descriptor. */
export const FIRST_DESCRIPTOR = 3;

/** The environment for another process, without this process's role. */
export function environmentFor(info: StartInfo): Record<string, string> {
  const kept = environment();
  for (const name of [START_VARIABLE, ...Object.values(LISTEN_VARIABLES)]) delete kept[name];
  const { runtime, executable } = startInfo();
  return { ...kept, ...startVariable({ runtime, executable, ...info }) };
}

/** The sockets that a service manager has opened for this process, with their original names. */
export function inheritedDescriptors(): GivenSocket[] {
  const { sockets } = startInfo();
  if (sockets !== undefined) return sockets;
  // The variables are meant for another process, and were inherited by mistake.
  const addressee = environmentVariable(LISTEN_VARIABLES.process);
  if (addressee !== undefined && Number(addressee) !== processId()) return [];
  const count = environmentVariable(LISTEN_VARIABLES.count) ?? "";
  if (!/^\d{1,5}$/.test(count)) return [];
  const names = (environmentVariable(LISTEN_VARIABLES.names) ?? "").split(":");
  return Array.from({ length: Number(count) }, (_, index) => ({
    name: names[index] ?? "",
    descriptor: FIRST_DESCRIPTOR + index,
  }));
}
