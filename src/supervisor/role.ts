/**
 * What a process is there for, and what it was told when it was started.
 *
 * @module
 */

import { environment, environmentVariable, processId } from "../runtime/process.ts";

/** What a process is there for: `none` is the command line. */
export type Role = "none" | "describe" | "supervisor" | "worker";

/** The variables by which processes of an app speak to those they start. */
export const VARIABLES = {
  /** A {@linkcode Role}. */
  role: "GOER_ROLE",
  /** The app's module, for a process that the `goer` command is the main module of. */
  app: "GOER_APP",
  /** The control socket. */
  control: "GOER_CONTROL",
  /** What a worker is to serve: a {@linkcode WorkerAssignment} as JSON. */
  worker: "GOER_WORKER",
  /** The log file. */
  log: "GOER_LOG",
  /** The numbers of the descriptors that are handed on, where they do not begin at 3. */
  descriptors: "GOER_DESCRIPTORS",
  /** Permissions that a worker keeps although only the supervisor needs them. */
  allow: "GOER_ALLOW",
  /** Nobody waits for this supervisor's process: it may end when another has taken over. */
  detached: "GOER_DETACHED",
  /** The supervisor is to take the place of the one that has started it, and to start anew. */
  succeeds: "GOER_SUCCEEDS",
  /** What a new image of the supervisor goes on with: a file. */
  state: "GOER_STATE",
} as const;

/** The variables by which sockets are handed on, as systemd does. */
export const LISTEN_VARIABLES = {
  process: "LISTEN_PID",
  count: "LISTEN_FDS",
  names: "LISTEN_FDNAMES",
} as const;

/** The first descriptor that is handed on. */
export const FIRST_DESCRIPTOR = 3;

/** What a worker is to serve. */
export interface WorkerAssignment {
  /** Names all that this supervisor starts, over upgrades too: no other supervisor's is the same. */
  site: string;
  id: number;
  slot: number;
  generation: number;
  /** The keys of its services. */
  services: string[];
}

/** What this process is there for. */
export function currentRole(): Role {
  return (environmentVariable(VARIABLES.role) ?? "none") as Role;
}

/** The environment for a process in another role: nothing of this one's role is left in it. */
export function environmentFor(
  role: Role,
  variables: Record<string, string>,
): Record<string, string> {
  const kept = environment();
  for (const name of Object.values(VARIABLES)) delete kept[name];
  for (const name of Object.values(LISTEN_VARIABLES)) delete kept[name];
  return { ...kept, ...variables, [VARIABLES.role]: role };
}

/** A name for a descriptor: no colon may be in it, and the key of a service has some. */
export function descriptorName(key: string): string {
  return encodeURIComponent(key);
}

/** The descriptors that this process was started with, and their names as they were given. */
export function inheritedDescriptors(): { name: string; descriptor: number }[] {
  // What is addressed to another process was inherited by mistake.
  const addressee = environmentVariable(LISTEN_VARIABLES.process);
  if (addressee !== undefined && Number(addressee) !== processId()) return [];
  const count = Number(environmentVariable(LISTEN_VARIABLES.count) ?? 0);
  const names = (environmentVariable(LISTEN_VARIABLES.names) ?? "").split(":");
  const numbers = environmentVariable(VARIABLES.descriptors)?.split(",");
  return Array.from({ length: count }, (_, index) => ({
    name: names[index] ?? "",
    descriptor: Number(numbers?.[index] ?? FIRST_DESCRIPTOR + index),
  }));
}
