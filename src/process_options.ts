/**
 * The process options of a service: number of workers, user, and replacement. They apply with
 * `runAll` and the `goer` command. `listen` ignores them.
 *
 * @module
 */

import type { LogFormat } from "./log_record.ts";
import { processorCount } from "./runtime/process/processors.ts";
import {
  BOOLEAN,
  checkOptions,
  choice,
  FUNCTION,
  NUMBER,
  OBJECT,
  type OptionType,
  TEXT,
} from "./option_types.ts";
import {
  type Bounds,
  checkNumbers,
  describeValue,
  invalidOption,
  isWholeNumber,
  MAX_DELAY,
} from "./numbers.ts";

/** Information about a worker process, for its handlers. */
export interface WorkerInfo {
  /** Counts up from 1 while the supervisor runs, and is never reused. */
  readonly id: number;
  /** From 0 to one less than the number of workers. A replacement has the same slot. */
  readonly slot: number;
  /** Increases with each reload. */
  readonly generation: number;
}

/** The user and group that worker processes run as: names or ids of the system. */
export interface RunAs {
  /** The user. Default: the supervisor's. */
  user?: string | number;
  /** The group. Default: the user's. */
  group?: string | number;
}

/** How workers get their listening sockets. */
export type Handoff = "inherit" | "rebind" | "steer" | "auto";

/**
 * Options and handlers for processes. Times are whole ms from 0 to 2,147,483,647 (about 24 days),
 * sizes whole bytes.
 */
export interface ProcessOptions {
  /**
   * How many processes serve, from 1 to 1,024. With `"auto"`: one for each processor that this process
   * may use, within the limits of a container. Services with the same `workers` and `runAs` share
   * processes. The command's `--workers` overrides this, except for services without an address, which
   * have processes of their own.
   *
   * @default {1}
   */
  workers?: number | "auto";
  /**
   * The user and group that worker processes run as, if root starts them. Default: the
   * supervisor's.
   */
  runAs?: RunAs;
  /** Runs in the background. One service with this option is enough. @default {false} */
  daemon?: boolean;
  /** The log file. Default: the terminal, or for a daemon `goer.log` in the runtime directory. */
  logFile?: string;
  /**
   * How the log is written: `"text"`, or `"json"` for one object per line, with `time`, `level`,
   * `worker`, `service`, `connection`, `message` and `error`. One service with this option is
   * enough. Applies when the app starts.
   *
   * @default {"text"}
   */
  logFormat?: LogFormat;
  /**
   * Where the supervisor serves a live page (`/`), metrics (`/metrics`), health (`/livez`,
   * `/readyz`), `/status` and `/connections`: `"http://127.0.0.1:9464"` or
   * `"unix:///run/admin.sock"`. An address that other machines can reach requires a token in the
   * environment variable `GOER_ADMIN_TOKEN`. The command's `--admin` overrides this. Applies when the
   * app starts. Default: nowhere.
   */
  admin?: string;
  /**
   * How long an old worker may take to finish its connections after a reload, in ms. The longest
   * time of all services in an app applies.
   *
   * @default {60000}
   */
  reloadTimeout?: number;
  /**
   * How long workers may take to finish their connections at a stop, in ms. The longest time of all
   * services in an app applies.
   *
   * @default {10000}
   */
  stopTimeout?: number;
  /**
   * How long the app still accepts connections after it was told to stop or restart, in ms. Meanwhile
   * it reports that it is not ready, so that load balancers move away first. The longest time of all
   * services in an app applies, and `stopTimeout` begins after it.
   *
   * @default {0}
   */
  drainDelay?: number;
  /**
   * Replaces a worker after this many messages, as in a reload, in case your code leaks memory.
   * Checked twice a second. 0 means never.
   *
   * @default {0}
   */
  maxRequests?: number;
  /** Replaces a worker that uses more resident memory, in bytes. 0 means never. @default {0} */
  maxMemory?: number;
  /**
   * How workers get their sockets:
   *
   * - `"inherit"`: from the supervisor. A reload loses no connection.
   * - `"steer"`: as `"inherit"`, and for TCP each worker also opens a socket of its own, which Deno
   *   serves faster. The supervisor steers new connections to these, and back to the inherited
   *   socket during a reload, so that none is lost. They are spread evenly, so a few have to wait
   *   if a worker hangs. Needs Deno on Linux, and an IP address in `listen`.
   * - `"rebind"`: each worker opens its own, which loses no connection if
   *   `net.ipv4.tcp_migrate_req` is 1.
   * - `"auto"`: as `"steer"` for services with one worker, where possible, otherwise as `"inherit"`.
   *   Where sockets cannot be inherited (on Deno without `--allow-ffi`), as `"rebind"`.
   *
   * @default {"auto"}
   */
  handoff?: Handoff;
  /** A worker starts. It serves when the returned promise has settled. */
  onWorkerStart?: (worker: WorkerInfo) => unknown;
  /** A worker is about to end, after its last connection. It waits for the returned promise. */
  onWorkerStop?: (worker: WorkerInfo) => unknown;
  /** A reload has replaced this worker. It now finishes its open connections. */
  onReload?: (worker: WorkerInfo) => unknown;
}

const HANDOFFS: readonly unknown[] = ["inherit", "rebind", "steer", "auto"] satisfies Handoff[];

const LOG_FORMATS: readonly unknown[] = ["text", "json"] satisfies LogFormat[];

/** The types of all process options. {@linkcode checkProcessOptions} checks the values. */
export const PROCESS_OPTION_TYPES: Readonly<Record<keyof ProcessOptions, OptionType>> = {
  admin: TEXT,
  daemon: BOOLEAN,
  drainDelay: NUMBER,
  handoff: choice(`one of ${HANDOFFS.join(", ")}`, HANDOFFS),
  logFile: TEXT,
  logFormat: choice('"text" or "json"', LOG_FORMATS),
  maxMemory: NUMBER,
  maxRequests: NUMBER,
  onReload: FUNCTION,
  onWorkerStart: FUNCTION,
  onWorkerStop: FUNCTION,
  reloadTimeout: NUMBER,
  runAs: OBJECT,
  stopTimeout: NUMBER,
  workers: ["a number", () => true],
};

/** The defaults of {@linkcode ProcessOptions}. */
export const DEFAULT_PROCESS_OPTIONS = {
  workers: 1,
  reloadTimeout: 60_000,
  stopTimeout: 10_000,
  drainDelay: 0,
  maxRequests: 0,
  maxMemory: 0,
  handoff: "auto",
  logFormat: "text",
} as const;

/** The most processes. */
export const MAX_WORKERS = 1024;

const BOUNDS: Readonly<Record<string, Bounds>> = {
  reloadTimeout: [0, MAX_DELAY],
  stopTimeout: [0, MAX_DELAY],
  drainDelay: [0, MAX_DELAY],
  maxRequests: [0, Number.MAX_SAFE_INTEGER],
  maxMemory: [0, Number.MAX_SAFE_INTEGER],
};

/**
 * Checks the options.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if one is not valid.
 */
export function checkProcessOptions(options: ProcessOptions): void {
  checkNumbers(options, BOUNDS);
  checkWorkers(options.workers);
  if (options.runAs !== undefined) checkRunAs(options.runAs);
}

/** How many processes that is. */
export function resolveWorkers(workers: number | "auto"): number {
  return workers === "auto" ? Math.min(MAX_WORKERS, processorCount()) : workers;
}

function checkWorkers(workers: ProcessOptions["workers"]): void {
  if (workers === undefined || workers === "auto") return;
  if (isWholeNumber(workers, [1, MAX_WORKERS])) return;
  const expected = `a whole number from 1 to ${MAX_WORKERS}, or "auto"`;
  throw invalidOption("workers", expected, describeValue(workers));
}

function checkRunAs(runAs: RunAs): void {
  checkOptions(runAs, {
    of: "a service",
    types: { user: ACCOUNT, group: ACCOUNT },
    prefix: "runAs.",
  });
  if (runAs.user === undefined && runAs.group === undefined) {
    throw invalidOption("runAs", "a user, a group or both", "neither");
  }
}

/** The largest id of a system: the next number means "no change". */
const MAX_ID = 2 ** 32 - 2;

const ACCOUNT: OptionType = [
  "a name or an id",
  (value) => typeof value === "string" && value !== "" || isWholeNumber(value, [0, MAX_ID]),
];
