/**
 * What another process is started with, and the sockets that this one was.
 *
 * @module
 */

import { environment, environmentVariable, processId } from "../runtime/process/process.ts";
import {
  type GivenSocket,
  START_VARIABLE,
  type StartInfo,
  startInfo,
  startVariable,
} from "../start_info.ts";

/** The variables by which sockets are handed on, as systemd does. */
export const LISTEN_VARIABLES = {
  process: "LISTEN_PID",
  count: "LISTEN_FDS",
  names: "LISTEN_FDNAMES",
} as const;

/** The first descriptor that is handed on. */
export const FIRST_DESCRIPTOR = 3;

/** The environment for another process: nothing of this one's role is left in it. */
export function environmentFor(info: StartInfo): Record<string, string> {
  const kept = environment();
  for (const name of [START_VARIABLE, ...Object.values(LISTEN_VARIABLES)]) delete kept[name];
  const { runtime, executable } = startInfo();
  return { ...kept, ...startVariable({ runtime, executable, ...info }) };
}

/** The sockets that a service manager has opened for this process, and their names as they were given. */
export function inheritedDescriptors(): GivenSocket[] {
  const { sockets } = startInfo();
  if (sockets !== undefined) return sockets;
  // What is addressed to another process was inherited by mistake.
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
