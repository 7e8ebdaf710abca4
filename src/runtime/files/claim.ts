/**
 * Files that one process owns at a time: a file names the owner by its id and start time, which no
 * later process with the same id shares.
 *
 * A claim needs no open descriptor. So it lasts exactly as long as its process, even across
 * `execve`, however the process ends.
 *
 * @module
 */

import { createText, readPlainText, readText, removeFile, replaceText } from "./file_system.ts";
import { processId } from "../process/process.ts";
import { isAlive } from "../process/signals.ts";

/** A process, as recorded in a file. */
export interface ProcessRecord {
  pid: number;
  /** Its start time, as the kernel counts it; empty if unknown. */
  started: string;
}

/** The record for a process. */
export function processRecord(pid: number): ProcessRecord {
  return { pid, started: processFacts(pid)?.started ?? "" };
}

/** True while the recorded process is running. */
export function isRunning({ pid, started }: ProcessRecord): boolean {
  if (!isAlive(pid)) return false;
  const facts = processFacts(pid);
  if (facts === undefined) return true;
  return facts.state !== "Z" && (started === "" || facts.started === started);
}

/** True while a signal such as SIGSTOP, or a debugger, has stopped the process. */
export function isStopped(pid: number): boolean {
  return processFacts(pid)?.state.toUpperCase() === "T";
}

/** True if two records are of the same process. */
export function isSame(one: ProcessRecord, other: ProcessRecord | undefined): boolean {
  return one.pid === other?.pid && one.started === other.started;
}

/** True if the record is of this process. */
export function isOwn(record: ProcessRecord): boolean {
  return isSame(record, processRecord(processId()));
}

/** True if this process owns the file. */
export function ownsFile(path: string): boolean {
  const record = readRecord(path);
  return record !== undefined && isOwn(record);
}

/** The maximum size of a record, in bytes, with a margin. */
const RECORD_SIZE = 64;

/** The recorded process; `undefined` if the file is missing, unreadable or invalid. */
export function readRecord(path: string): ProcessRecord | undefined {
  try {
    return parseRecord(readPlainText(path, RECORD_SIZE));
  } catch {
    return undefined;
  }
}

/** The result of {@linkcode claimFile}. */
export interface Claim {
  /** The running owner of the file. */
  holder?: ProcessRecord;
  /** True if the file was left behind by a process that has ended. */
  stale: boolean;
}

/**
 * Makes this process the owner of the file, unless the owner is running. Of several processes that
 * try at the same time, exactly one succeeds.
 *
 * Creating the file is atomic, and fails if it exists. A file that was left behind is replaced only
 * by the process that has claimed `<path>.lock`. Only that process then checks that the file is
 * unchanged. No other process changes it, because its owner has ended. (If two
 * processes removed a stale file, each could remove the other's claim.) A lock that was left behind
 * is replaced in the same way.
 */
export function claimFile(path: string): Claim {
  let stale = false;
  while (!createText(path, ownRecord())) {
    const text = readPlainText(path, RECORD_SIZE);
    if (text === undefined) continue;
    const named = parseRecord(text);
    if (named !== undefined && isRunning(named)) return { holder: named, stale };
    stale = true;
    const lock = `${path}.lock`;
    const { holder } = claimFile(lock);
    if (holder !== undefined) return { holder, stale };
    try {
      if (readPlainText(path, RECORD_SIZE) !== text) continue;
      replaceText(path, ownRecord());
      return { stale };
    } finally {
      removeFile(lock);
    }
  }
  return { stale };
}

/** Makes this process the owner, regardless of the current one, which hands the file over. */
export function takeOverFile(path: string): void {
  replaceText(path, ownRecord());
}

/** Removes the file if this process owns it. */
export function releaseFile(path: string): void {
  if (ownsFile(path)) removeFile(path);
}

function ownRecord(): string {
  const { pid, started } = processRecord(processId());
  return `${pid}\n${started}\n`;
}

/** The greatest process id. Larger numbers and 0 are invalid. */
const MAX_PID = 2 ** 31 - 1;

/** Parses only what {@linkcode ownRecord} writes: an id alone does not identify a process. */
function parseRecord(text: string | undefined): ProcessRecord | undefined {
  const [, pid, started] = /^([1-9][0-9]{0,9})\n([0-9]*)\n$/.exec(text ?? "") ?? [];
  if (pid === undefined || Number(pid) > MAX_PID) return undefined;
  return { pid: Number(pid), started };
}

/** Linux's data about a process: `undefined` on other systems, or without permission to read it. */
function processFacts(pid: number): { state: string; started: string } | undefined {
  try {
    const text = readText(`/proc/${pid}/stat`);
    // The name is in parentheses and can contain anything, so fields are counted after it.
    const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
    return fields && { state: fields[0], started: fields[19] };
  } catch {
    return undefined;
  }
}
