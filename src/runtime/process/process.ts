/**
 * Processes: this one and its children. All three runtimes share the `node:` modules used here.
 *
 * @module
 */

import { spawn as spawnChild } from "node:child_process";
import { statSync, writeSync } from "node:fs";
import { loadavg, uptime } from "node:os";
import type { Socket } from "node:net";
import { isAbsolute } from "node:path";
import process from "node:process";
import { LineSplitter } from "../../line_splitter.ts";
import { printableLines } from "../../printable.ts";
import type { Exit } from "../descriptors.ts";
import { unread, type UnreadSocket } from "../sockets/local_socket.ts";

export type { Exit } from "../descriptors.ts";
export { environmentVariable } from "./environment.ts";

/** The signals that the control path sends or listens to. */
export type Signal =
  | "SIGCHLD"
  | "SIGHUP"
  | "SIGINT"
  | "SIGKILL"
  | "SIGQUIT"
  | "SIGTERM"
  | "SIGUSR1"
  | "SIGUSR2";

/** A child process. */
export interface ChildProcess {
  /** 0 where it could not be started. */
  readonly pid: number;
  /** Resolves when it has ended; never rejects. */
  readonly exited: Promise<Exit>;
  /** This end of a connection to it, where one was wanted and it could be started. */
  readonly channel?: UnreadSocket;
  /** Where its output is read, where it is piped. */
  readonly outputs: UnreadSocket[];
  /** Resolves when `onLine` has received all, where there is one: it may be long after the child's end. */
  readonly linesEnded?: Promise<unknown>;
}

/** What {@linkcode spawn} takes. */
export interface SpawnOptions {
  /** The environment, whole: nothing is inherited beside it. */
  environment: Record<string, string>;
  /** Connects the child: its end is its descriptor 3. */
  channel?: boolean;
  /** The child's descriptors from 3 on, or from 4 on where 3 is its channel. */
  descriptors?: number[];
  /**
   * Where its output goes: to this process's own, nowhere, to a descriptor, or to
   * {@linkcode ChildProcess.outputs}.
   *
   * @default {"inherit"}
   */
  output?: "inherit" | "ignore" | "pipe" | number;
  /**
   * Receives standard output, line by line, in place of `output`; standard error as well where there is
   * no `output`.
   */
  onLine?: (line: string) => void;
  /** Gives the child a session of its own, apart from the terminal. */
  detached?: boolean;
  /** Runs the child as this user. */
  user?: { uid: number; gid: number };
}

/** The child's end of its channel. */
export const CHANNEL_DESCRIPTOR = 3;

/**
 * Starts `command[0]` with the other words as its arguments. What prevents it is told by `exited`.
 */
export function spawn(command: string[], options: SpawnOptions): ChildProcess {
  try {
    return start(command, options);
  } catch (error) {
    // A runtime that may not start processes says so at once.
    const exit = { error: (error as Error).message };
    return { pid: 0, exited: Promise.resolve(exit), outputs: [] };
  }
}

function start(command: string[], options: SpawnOptions): ChildProcess {
  goHome();
  const { onLine, output = onLine ? "pipe" : "inherit", descriptors = [] } = options;
  const child = spawnChild(command[0], command.slice(1), {
    env: options.environment,
    stdio: [
      "ignore",
      onLine ? "pipe" : output,
      output,
      ...options.channel ? ["pipe" as const] : [],
      ...descriptors,
    ],
    detached: options.detached,
    ...options.user,
  });
  const exited = new Promise<Exit>((resolve) => {
    child.on("error", (error) => resolve({ error: error.message }));
    child.on("exit", (code, signal) => resolve(signal ? { signal } : { code: code ?? 1 }));
  });
  // Node makes no streams where no descriptor is left for them.
  const [, out, errors, end] = (child.stdio ?? []) as (Socket | null | undefined)[];
  const sources = [out, errors].filter((source) => source != null);
  const linesEnded = onLine && Promise.all(sources.map((source) => readLines(source, onLine)));
  const outputs = onLine ? [] : sources.map(unread);
  const channel = options.channel && end ? unread(end) : undefined;
  return { pid: child.pid ?? 0, exited, channel, outputs, linesEnded };
}

function readLines(source: Socket, onLine: (line: string) => void): Promise<void> {
  const splitter = new LineSplitter();
  const decoder = new TextDecoder();
  const tell = (lines: Uint8Array) => {
    for (const line of decoder.decode(lines).split("\n").slice(0, -1)) onLine(line);
  };
  source.on("data", (bytes: Uint8Array) => tell(splitter.push(bytes)));
  return new Promise((resolve) => {
    source.on("close", () => resolve());
    source.on("end", () => {
      tell(splitter.end());
      resolve();
    });
  });
}

/**
 * Sends `signal` to a process; false if there is none, or it is not ours to signal. Never to a group
 * of processes, or to the first one: a child that could not be started has the id 0, which stands for
 * this process's own group.
 */
export function kill(pid: number, signal: Signal): boolean {
  if (pid < 2) return false;
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/**
 * True while a process with this id runs, whoever's it is. Throws where a runtime's permissions let
 * this process send no signal to any.
 */
export function isAlive(pid: number): boolean {
  if (pid < 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === undefined) throw error;
    return code === "EPERM";
  }
}

/** Calls `listener` at each `signal`, in place of the system's own reaction to it. */
export function onSignal(signal: Signal, listener: () => void): void {
  process.on(signal, listener);
}

/** This process's id. */
export function processId(): number {
  return process.pid;
}

/** The id of the process that this one belongs to now: it changes when that one dies. */
export function parentProcessId(): number {
  return process.ppid;
}

/** The user that this process runs as. */
export function userId(): number {
  return process.getuid?.() ?? 0;
}

/** What stands after the program on the command line. */
export function commandArguments(): string[] {
  return process.argv.slice(2);
}

/** A copy of the environment. */
export function environment(): Record<string, string> {
  return { ...process.env } as Record<string, string>;
}

/**
 * The directory relative paths begin at, by the name that the shell has for it: a link on its path, such
 * as `current`, may lead to another release later.
 */
export function currentDirectory(): string {
  const { PWD: name = "" } = process.env;
  return isAbsolute(name) && isSameDirectory(name, ".") ? name : process.cwd();
}

function isSameDirectory(one: string, other: string): boolean {
  try {
    const [first, second] = [one, other].map((path) => statSync(path, { bigint: true }));
    return first.dev === second.dev && first.ino === second.ino;
  } catch {
    return false;
  }
}

let home: string | undefined;

/**
 * Has children start where this process is now, by its name: the directory itself may be gone when a link
 * leads to another one.
 */
export function keepDirectory(): void {
  home = currentDirectory();
}

function goHome(): void {
  if (home === undefined) return;
  try {
    process.chdir(home);
  } catch {
    // There is none of that name now, or no permission: this process stays where it is.
  }
}

/** Calls `listener` when this process ends by itself: what is not done at once then is not done. */
export function onExit(listener: () => void): void {
  process.on("exit", listener);
}

/** Ends this process. */
export function exit(code: number): never {
  process.exit(code);
}

/** Calls `listener` with what nobody caught, in place of ending the process. */
export function onUncaughtError(listener: (error: unknown) => void): void {
  process.on("uncaughtException", listener);
  process.on("unhandledRejection", listener);
}

/**
 * Writes to standard output, at once; a reader that has gone is no reason to fail. Control characters are
 * escaped: the text may come from peers, apps and workers.
 */
export function writeOutput(text: string): void {
  writeDescriptor(1, printableLines(text));
}

/** How long last words wait for a pipe that is full, in ms: its reader may be busy, or stopped for good. */
const MAX_LAST_WORDS_TIME = 2000;

/** How long a full pipe is left alone before the next try, in ms. */
const FULL_PIPE_PAUSE = 5;

/** Writes to standard output as this process ends: no later turn could write what a full pipe refuses. */
export function writeLastOutput(text: string): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  let bytes = new TextEncoder().encode(printableLines(text));
  for (let time = 0; bytes.length > 0 && time < MAX_LAST_WORDS_TIME; time += FULL_PIPE_PAUSE) {
    try {
      while (bytes.length > 0) bytes = bytes.subarray(writeSync(1, bytes));
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") return;
      Atomics.wait(pause, 0, 0, FULL_PIPE_PAUSE);
    }
  }
}

/** Clears the terminal, then writes as {@linkcode writeOutput} does. */
export function writeScreen(text: string): void {
  writeDescriptor(1, `\x1b[2J\x1b[H${printableLines(text)}`);
}

/** Writes to standard error, as {@linkcode writeOutput} does. */
export function writeErrorOutput(text: string): void {
  writeDescriptor(2, printableLines(text));
}

/** The descriptors whose pipe was full: the runtime's streams wait for it, and hold what comes after. */
const waiting = new Set<number>();

function writeDescriptor(descriptor: 1 | 2, text: string): void {
  let bytes = new TextEncoder().encode(text);
  try {
    while (bytes.length > 0 && !waiting.has(descriptor)) {
      bytes = bytes.subarray(writeSync(descriptor, bytes));
    }
  } catch (error) {
    if ((error as { code?: string }).code !== "EAGAIN") return;
    waiting.add(descriptor);
  }
  if (bytes.length > 0) (descriptor === 1 ? process.stdout : process.stderr).write(bytes);
}

/** True if standard output is a terminal. */
export function outputIsTerminal(): boolean {
  return process.stdout.isTTY === true;
}

/** Ignores that the reader of an output has gone: it must not end a process that serves. */
export function survivesClosedOutput(): void {
  process.stdout.on("error", () => {});
  process.stderr.on("error", () => {});
}

/** What this process has used. */
export interface ResourceUsage {
  /** Memory in bytes (resident set). */
  memory: number;
  /** Processor time since the start, in ms. */
  processorTime: number;
}

/** The memory that was read last. */
let memory = 0;

/** Reads what this process has used. */
export function resourceUsage(): ResourceUsage {
  const { user, system } = process.cpuUsage();
  try {
    memory = process.memoryUsage.rss();
  } catch {
    // It stands in a file, and no descriptor is left to open it.
  }
  return { memory, processorTime: (user + system) / 1000 };
}

/** How long the system has been up, in µs: the clock that processes share, however coarse. */
export function systemUptime(): number {
  return Math.round(uptime() * 1e6);
}

/** The system's load averages over 1, 5 and 15 minutes. */
export function loadAverages(): number[] {
  return loadavg();
}
