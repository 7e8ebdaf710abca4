/**
 * What one image of the supervisor leaves to the next: sockets by their numbers, workers by their
 * process ids, and where the state machine stands.
 *
 * @module
 */

import type { ProcessRecord } from "../runtime/claim.ts";
import { readText, removeFile, replaceText } from "../runtime/files.ts";
import type { MachineState } from "./events.ts";
import { startInfo } from "../start_info.ts";
import { FIRST_DESCRIPTOR } from "./role.ts";
import type { ServiceSocket } from "./sockets.ts";

/** A worker that is handed over. */
export interface HandedWorker extends ProcessRecord {
  id: number;
  startedAt: number;
  addresses: Record<string, string>;
}

/** All that is handed over. */
export interface Handover {
  machine: MachineState;
  sockets: Record<string, ServiceSocket>;
  workers: HandedWorker[];
  /** When the first image was started, in ms since 1970. */
  startedAt: number;
  /** Where output goes, where it goes to a file. */
  logFile?: string;
  /** See {@linkcode StartInfo.worker}; older versions knew of none. */
  site?: string;
}

/** Leaves a handover at `path`. */
export function leaveHandover(path: string, handover: Handover): void {
  replaceText(path, JSON.stringify(handover));
}

/** Takes the handover that this process was started with, if any: only once. */
export function takeHandover(): Handover | undefined {
  const path = startInfo().state;
  const text = path === undefined ? undefined : readText(path);
  if (path === undefined || text === undefined) return undefined;
  removeFile(path);
  return JSON.parse(text);
}

/** The sockets as a child sees them that inherits all of them, in this order. */
export function renumbered(
  sockets: Record<string, ServiceSocket>,
): { sockets: Record<string, ServiceSocket>; descriptors: number[] } {
  const descriptors: number[] = [];
  const entries = Object.entries(sockets).map(([key, service]) => {
    const descriptor = FIRST_DESCRIPTOR + descriptors.length;
    descriptors.push(service.socket.descriptor);
    return [key, { ...service, socket: { ...service.socket, descriptor } }] as const;
  });
  return { sockets: Object.fromEntries(entries), descriptors };
}
