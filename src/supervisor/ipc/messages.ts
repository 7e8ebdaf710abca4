/**
 * The messages between the `goer` command, workers and the supervisor. {@link ./message_shapes.ts}
 * checks them.
 *
 * @module
 */

import type { ClusterStatistics } from "../../cluster/node_identity.ts";
import type { LogFormat } from "../../log_record.ts";
import type { Handoff } from "../../process_options.ts";

/** A service, as reported by the process that loaded the app. */
export interface ServiceManifest {
  /**
   * Unique in the app, and the same after a reload: its address, or else its name, with a counter if
   * it occurs twice.
   */
  key: string;
  /** Its name in `status` and logs. */
  name: string;
  /** The original address; empty for a service without one. */
  listen: string;
  /** The name of the protocol; empty for a service without an address. */
  protocol: string;
  /** The socket to open; `undefined` for a service without an address. */
  socket?: { transport: "tcp" | "udp" | "unix"; hostname: string; port: number; path: string };
  /** How many connections can wait to be accepted. */
  backlog?: number;
  /** How many processes serve it. */
  workers: number;
  /** The user and group its processes run as; empty for the supervisor's own. */
  user: string;
  group: string;
}

/** An app, as reported by the process that loaded it. */
export interface AppManifest {
  services: ServiceManifest[];
  /** How long old workers may take to finish at a reload, in ms. */
  reloadTimeout: number;
  /** How long workers may take to finish at a stop, in ms. */
  stopTimeout: number;
  /** How long they still accept connections before that, in ms. Default: 0. */
  drainDelay?: number;
  /** How workers get their sockets. */
  handoff: Handoff;
  /** True if it asks to run in the background. */
  daemon: boolean;
  /** The log file that it asks for; empty by default. */
  logFile: string;
  /** How its log is written. Default: `"text"`. */
  logFormat?: LogFormat;
  /** The address of the admin listener that it asks for. */
  admin?: string;
}

/** The statistics of one worker. */
export interface WorkerStatistics {
  /** Resident memory in bytes. */
  memory: number;
  /** CPU usage over the last second, in percent of one core. */
  processor: number;
  /** The maximum delay of timers over the last second, in ms. */
  loopDelay: number;
  connections: number;
  messages: number;
  bytesRead: number;
  bytesWritten: number;
  sendFailures: number;
  handlerErrors: number;
  /** Refused connections, messages and datagrams. An earlier version of a worker does not report it. */
  refused?: number;
  /** How many times clients had to wait because of `clientLimits`. */
  delayed?: number;
  timers: number;
  /** The buses to other processes. */
  clusters: ClusterStatistics[];
  /** CPU time since its start, in ms. An earlier version of a worker does not report it. */
  processorTime?: number;
  /** Delays of the event loop since its start. */
  loopDelays?: HistogramCounts;
  /** The counters of each service. */
  services?: ServiceCounters[];
}

/** Measured times by size. */
export interface HistogramCounts {
  /** How many were in each bucket of `src/histogram.ts`, and in the last one all longer ones. */
  counts: number[];
  /** The sum of all, in seconds. */
  sum: number;
}

/** What a worker has done for one service since it started. */
export interface ServiceCounters {
  /** See {@linkcode ServiceManifest.key}. */
  key: string;
  /** Open connections. */
  open: number;
  /** Bytes that wait to be sent. */
  queued: number;
  accepted: number;
  /** Ended connections by reason. An earlier version of a worker does not report it. */
  ended?: Record<string, number>;
  refused: number;
  /** An earlier version of a worker does not report `rejected` and `delayed`. */
  rejected?: number;
  delayed?: number;
  messages: number;
  bytesRead: number;
  bytesWritten: number;
  sendFailures: number;
  handlerErrors: number;
  /** How long `onMessage` took. */
  handlerTimes?: HistogramCounts;
}

/** One connection of a worker. */
export interface ConnectionStatistics {
  id: number;
  service: string;
  protocol: string;
  remoteAddress: string;
  /** An earlier version of a worker does not report it. */
  state?: "open" | "closing";
  /** The time since it was opened, in ms. */
  age: number;
  bytesRead: number;
  bytesWritten: number;
  bufferedBytes: number;
}

/** From the process that loads the app: one of these, once. */
export type LoaderMessage =
  | { type: "loaded"; app: AppManifest }
  | { type: "failed"; reason: string };

/** From a worker. */
export type WorkerMessage =
  | { type: "failed"; reason: string }
  /** It has loaded the app, and waits for `serve`. */
  | { type: "prepared" }
  /** It accepts connections. */
  | { type: "ready"; addresses: Record<string, string> }
  | { type: "recycle"; reason: string }
  /** Without a request, because its counters have changed. */
  | { type: "counted"; statistics: WorkerStatistics }
  /** Reply to `drain`: it no longer accepts connections. */
  | { type: "drains" }
  /** Sent regularly by a worker with sockets of its own, so that one that hangs is noticed. */
  | { type: "alive" }
  /** It has closed the sockets of its own. */
  | { type: "released" }
  /** Reply to `supervisor-moves`: from here on, its messages for other workers are queued. */
  | { type: "waits" }
  /** Reply to `supervisor-returns`: it receives messages of other workers again. */
  | { type: "returned" }
  | { type: "report"; request: number; statistics: WorkerStatistics }
  | { type: "report-connections"; request: number; connections: ConnectionStatistics[] };

/** To a worker. */
export type WorkerOrder =
  /** With the keys of TLS session tickets. An earlier version of the supervisor does not send them. */
  | { type: "serve"; ticketKeys?: string }
  | { type: "drain"; timeout: number; reason: DrainReason }
  | { type: "statistics"; request: number }
  | { type: "connections"; request: number }
  | { type: "supervisor-moves" }
  /** A new supervisor has taken over. It does not know this worker's subscriptions. */
  | { type: "supervisor-returns" }
  /** All workers are back, and reach each other. */
  | { type: "resumed" };

/** Why a worker has to leave. */
export type DrainReason = "reload" | "recycle" | "stop";

/**
 * From a new supervisor to the one that has started it: it handles signals, and owns the pid file.
 */
export interface TakeoverMessage {
  type: "taken-over";
}

/** How a reload replaces workers. Counts are of the whole app. */
export interface ReloadPlan {
  /** How many workers are replaced at a time. Default: all. */
  batch?: number;
  /** How many new workers serve beside the old ones first. */
  canary?: number;
  /** How long these serve before the reload goes on, in ms. */
  watch?: number;
}

/** The commands of the supervisor. */
export type Command =
  | "abort"
  | "connections"
  | "reload"
  | "reopen"
  | "restart"
  | "status"
  | "stop"
  | "upgrade"
  | "wait";

/** From the `goer` command. */
export interface CommandMessage {
  type: "command";
  command: Command;
  /** For `stop`: does not wait for connections to finish. */
  now?: boolean;
  /** For `reload`. */
  plan?: ReloadPlan;
}

/** To the `goer` command: any number of progress lines, then the outcome. */
export type CommandReply =
  /** `live`: only for a terminal, where the next one replaces it. */
  | { type: "progress"; text: string; live?: boolean }
  | { type: "outcome"; ok: boolean; text: string; data?: unknown };

/** All messages to the `goer` command. It sends nothing before it has received the first. */
export type ControlMessage = CommandReply | { type: "alive" };
