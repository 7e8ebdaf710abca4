/**
 * The pid file: one supervisor per runtime directory. It holds the process id, and the time that
 * process was started, by which a process that got the same id later is told apart.
 *
 * @module
 */

import { createText, readText, removeFile, replaceText } from "../runtime/files.ts";
import { isAlive, processId } from "../runtime/process.ts";

/** Who a pid file names. */
export interface PidRecord {
  pid: number;
  /** As the kernel counts it; empty where it cannot be read. */
  started: string;
}

/** Reads a pid file; `undefined` where there is none, or what it holds is no pid. */
export function readPidFile(path: string): PidRecord | undefined {
  const [pid, started] = readText(path)?.split("\n") ?? [];
  if (!/^[0-9]+$/.test(pid ?? "")) return undefined;
  return { pid: Number(pid), started: started ?? "" };
}

/** What a pid file would say of a process. */
export function processRecord(pid: number): PidRecord {
  return { pid, started: processFacts(pid)?.started ?? "" };
}

/** True while the very process that a pid file names is running. */
export function isRunning({ pid, started }: PidRecord): boolean {
  if (!isAlive(pid)) return false;
  const facts = processFacts(pid);
  if (facts === undefined) return true;
  return facts.state !== "Z" && (started === "" || facts.started === started);
}

/** What became of {@linkcode claimPidFile}. */
export interface PidClaim {
  /** Who has the file already, and runs. */
  holder?: PidRecord;
  /** The file was left by a process that is gone. */
  stale: boolean;
}

/** Makes this process the one that the file names, unless one is running. */
export function claimPidFile(path: string): PidClaim {
  let stale = false;
  while (!createText(path, ownRecord())) {
    const holder = readPidFile(path);
    if (holder && holder.pid !== processId() && isRunning(holder)) return { holder, stale };
    stale = true;
    removeFile(path);
  }
  return { stale };
}

/** Names this process in the file, whoever it named before: after a handover. */
export function takeOverPidFile(path: string): void {
  replaceText(path, ownRecord());
}

/** Removes the file where it names this process. */
export function releasePidFile(path: string): void {
  if (readPidFile(path)?.pid === processId()) removeFile(path);
}

function ownRecord(): string {
  const { pid, started } = processRecord(processId());
  return `${pid}\n${started}\n`;
}

/** What Linux tells of a process: `undefined` elsewhere, or without the right to read it. */
function processFacts(pid: number): { state: string; started: string } | undefined {
  try {
    const text = readText(`/proc/${pid}/stat`);
    // The name stands in brackets and may hold anything; fields are counted from behind it.
    const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
    return fields && { state: fields[0], started: fields[19] };
  } catch {
    return undefined;
  }
}
