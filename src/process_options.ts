/**
 * The options of a service that concern processes: how many serve it, as whom, and how they are
 * replaced. They mean something under `runAll` and the `goer` command; `listen` passes them over.
 *
 * @module
 */

import { type Bounds, checkNumbers, describeValue, invalidOption, MAX_DELAY } from "./numbers.ts";

/** A worker process, as its handlers know it. */
export interface WorkerInfo {
  /** Counts up from 1 over the supervisor's life; never used again. */
  readonly id: number;
  /** From 0 to one less than the number of workers; a replacement has the slot of its predecessor. */
  readonly slot: number;
  /** Counts up at each reload. */
  readonly generation: number;
}

/** How workers get their listening sockets. */
export type Handoff = "inherit" | "rebind" | "auto";

/**
 * Options and handlers that concern processes. Times are whole ms from 0 to 2,147,483,647 (about 24 days),
 * sizes whole bytes.
 */
export interface ProcessOptions {
  /**
   * How many processes serve. Services that agree in `workers`, `user` and `group` share them. The
   * command's `--workers` stands above this. From 1 to 1,024.
   *
   * @default {1}
   */
  workers?: number;
  /** The user that the processes run as, where root starts them. Default: the supervisor's. */
  user?: string;
  /** The group that the processes run as, where root starts them. Default: the user's. */
  group?: string;
  /** Runs apart from the terminal. One service that says so is enough. @default {false} */
  daemon?: boolean;
  /** Where output goes. Default: the terminal, or of a daemon `goer.log` in the runtime directory. */
  logFile?: string;
  /**
   * How long an old worker may take to finish with its connections after a reload, in ms. The longest
   * of an app's services counts.
   *
   * @default {60000}
   */
  reloadTimeout?: number;
  /**
   * How long workers may take to finish with their connections at a stop, in ms. The longest of an
   * app's services counts.
   *
   * @default {10000}
   */
  stopTimeout?: number;
  /**
   * After how many messages a worker is replaced, as at a reload: for code that leaks. Looked at twice
   * a second. 0 is never.
   *
   * @default {0}
   */
  maxRequests?: number;
  /** Above how much resident memory a worker is replaced, in bytes. 0 is never. @default {0} */
  maxMemory?: number;
  /**
   * How workers get their sockets: `"inherit"` from the supervisor, which loses nothing over a reload;
   * `"rebind"` each by itself, which loses nothing where `net.ipv4.tcp_migrate_req` is 1; `"auto"`
   * rebinds where that is so.
   *
   * @default {"inherit"}
   */
  handoff?: Handoff;
  /** A worker begins: what it returns is awaited before it serves. */
  onWorkerStart?: (worker: WorkerInfo) => unknown;
  /** A worker is about to end, after its last connection: what it returns is awaited. */
  onWorkerStop?: (worker: WorkerInfo) => unknown;
  /** A reload has replaced this worker, which now finishes with what it has. */
  onReload?: (worker: WorkerInfo) => unknown;
}

/** The values that {@linkcode ProcessOptions} take where they are not given. */
export const DEFAULT_PROCESS_OPTIONS = {
  workers: 1,
  reloadTimeout: 60_000,
  stopTimeout: 10_000,
  maxRequests: 0,
  maxMemory: 0,
  handoff: "inherit",
} as const;

/** How many processes may serve. */
export const MAX_WORKERS = 1024;

const BOUNDS: Readonly<Record<string, Bounds>> = {
  workers: [1, MAX_WORKERS],
  reloadTimeout: [0, MAX_DELAY],
  stopTimeout: [0, MAX_DELAY],
  maxRequests: [0, Number.MAX_SAFE_INTEGER],
  maxMemory: [0, Number.MAX_SAFE_INTEGER],
};

const HANDOFFS: readonly unknown[] = ["inherit", "rebind", "auto"] satisfies Handoff[];

/**
 * Makes sure that the options are within their bounds.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` where one is not.
 */
export function checkProcessOptions(options: ProcessOptions): void {
  checkNumbers(options, BOUNDS);
  const { handoff } = options;
  if (handoff !== undefined && !HANDOFFS.includes(handoff)) {
    throw invalidOption("handoff", `one of ${HANDOFFS.join(", ")}`, describeValue(handoff));
  }
}
