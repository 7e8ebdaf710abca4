/**
 * Files that one process has at a time: a file names the process that has claimed it, by its id and by
 * the time at which it was started, which no later process with the same id shares.
 *
 * Nothing has to be kept open for a claim, so it lasts as long as its process, over `execve` too, and no
 * longer, however the process ends.
 *
 * @module
 */

import { createText, readPlainText, readText, removeFile, replaceText } from "./file_system.ts";
import { isAlive, processId } from "../process/process.ts";

/** A process, as a file names it. */
export interface ProcessRecord {
  pid: number;
  /** When it was started, as the kernel counts it; empty where that cannot be read. */
  started: string;
}

/** What a file would say of a process. */
export function processRecord(pid: number): ProcessRecord {
  return { pid, started: processFacts(pid)?.started ?? "" };
}

/** True while the very process that a file names is running. */
export function isRunning({ pid, started }: ProcessRecord): boolean {
  if (!isAlive(pid)) return false;
  const facts = processFacts(pid);
  if (facts === undefined) return true;
  return facts.state !== "Z" && (started === "" || facts.started === started);
}

/** True if two files name the same process. */
export function isSame(one: ProcessRecord, other: ProcessRecord | undefined): boolean {
  return one.pid === other?.pid && one.started === other.started;
}

/** True if a file names this process. */
export function isOwn(record: ProcessRecord): boolean {
  return isSame(record, processRecord(processId()));
}

/** True if the file names this process. */
export function ownsFile(path: string): boolean {
  const record = readRecord(path);
  return record !== undefined && isOwn(record);
}

/** The longest record, in bytes, and some more. */
const RECORD_SIZE = 64;

/** The process that a file names; `undefined` where there is no file, it cannot be read, or names none. */
export function readRecord(path: string): ProcessRecord | undefined {
  try {
    return parseRecord(readPlainText(path, RECORD_SIZE));
  } catch {
    return undefined;
  }
}

/** What became of {@linkcode claimFile}. */
export interface Claim {
  /** Who has the file already, and runs. */
  holder?: ProcessRecord;
  /** The file was left by a process that is gone. */
  stale: boolean;
}

/**
 * Makes this process the one that the file names, unless it names one that is running. Of any number
 * of processes that try at the same time exactly one succeeds.
 *
 * Creating the file is one step, which fails where there is one. A file that was left behind is
 * replaced only by the process that has claimed `<path>.lock`: it alone looks again whether the file is
 * still the same, and nobody else changes it meanwhile, since the process that it names is gone. (Two
 * that each removed what they had found stale would remove each other's claims.) A lock that was left
 * behind is replaced in the same way.
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

/** Makes this process the one that the file names, whoever has it: the holder gives it to this one. */
export function takeOverFile(path: string): void {
  replaceText(path, ownRecord());
}

/** Removes the file where it names this process. */
export function releaseFile(path: string): void {
  if (ownsFile(path)) removeFile(path);
}

function ownRecord(): string {
  const { pid, started } = processRecord(processId());
  return `${pid}\n${started}\n`;
}

/** The greatest id that a process can have: a number above it, or 0, is none. */
const MAX_PID = 2 ** 31 - 1;

/** Only what {@linkcode ownRecord} writes: an id alone says nothing of the process that has it now. */
function parseRecord(text: string | undefined): ProcessRecord | undefined {
  const [, pid, started] = /^([1-9][0-9]{0,9})\n([0-9]*)\n$/.exec(text ?? "") ?? [];
  if (pid === undefined || Number(pid) > MAX_PID) return undefined;
  return { pid: Number(pid), started };
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
