/**
 * Child processes. All three runtimes share the `node:` modules used here.
 *
 * @module
 */

import { spawn as spawnChild } from "node:child_process";
import type { Socket } from "node:net";
import process from "node:process";
import { LineSplitter } from "../../line_splitter.ts";
import type { Exit } from "../descriptors.ts";
import { unread, type UnreadSocket } from "../sockets/local_socket.ts";
import { currentDirectory } from "./process.ts";

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
