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
  /** 0 if it could not be started. */
  readonly pid: number;
  /** Resolves when it has ended; never rejects. */
  readonly exited: Promise<Exit>;
  /** This side of the connection to it, if requested and the child was started. */
  readonly channel?: UnreadSocket;
  /** The ends of its output pipes, if any. */
  readonly outputs: UnreadSocket[];
  /**
   * Resolves when `onLine` has received everything, possibly long after the child's end; only with
   * `onLine`.
   */
  readonly linesEnded?: Promise<unknown>;
}

/** Options of {@linkcode spawn}. */
export interface SpawnOptions {
  /** The whole environment: nothing else is inherited. */
  environment: Record<string, string>;
  /** True for a connection to the child, which is its descriptor 3. */
  channel?: boolean;
  /** The child's descriptors from 3, or from 4 if 3 is its channel. */
  descriptors?: number[];
  /**
   * The destination of its output: this process's own output, nothing, a descriptor, or {@linkcode
   * ChildProcess.outputs}.
   *
   * @default {"inherit"}
   */
  output?: "inherit" | "ignore" | "pipe" | number;
  /**
   * Receives standard output by lines, instead of `output`; also standard error if `output` is not
   * set.
   */
  onLine?: (line: string) => void;
  /** Starts the child in its own session, without the terminal. */
  detached?: boolean;
  /** Runs the child as this user. */
  user?: { uid: number; gid: number };
}

/** The child's side of its channel. */
export const CHANNEL_DESCRIPTOR = 3;

/**
 * Starts `command[0]` with the other words as its arguments. Errors are reported by `exited`.
 */
export function spawn(command: string[], options: SpawnOptions): ChildProcess {
  try {
    return start(command, options);
  } catch (error) {
    // A runtime without the permission to start processes throws immediately.
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
  // Node creates no streams if no descriptor is available.
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
 * Makes children start in the current directory by name: the directory itself may be gone when a
 * link changes.
 */
export function keepDirectory(): void {
  home = currentDirectory();
}

function goHome(): void {
  if (home === undefined) return;
  try {
    process.chdir(home);
  } catch {
    // The name no longer exists, or there is no permission: the directory does not change.
  }
}
