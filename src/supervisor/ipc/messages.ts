/**
 * What processes say to each other: the `goer` command, workers, the supervisor. What each message looks
 * like is checked by {@link ./message_shapes.ts}.
 *
 * @module
 */

import type { ClusterStatistics } from "../../cluster/node_identity.ts";
import type { Handoff } from "../../process_options.ts";

/** A service, as the process that loaded the app lists it. */
export interface ServiceManifest {
  /** Tells it from the app's others, over reloads too: its address, and a count for a repeated one. */
  key: string;
  /** Its name in `status` and logs. */
  name: string;
  /** The address as it was written. */
  listen: string;
  /** The protocol's name. */
  protocol: string;
  /** The socket to open; `undefined` for a service that does not listen. */
  socket?: { transport: "tcp" | "udp" | "unix"; hostname: string; port: number; path: string };
  /** How many connections may wait to be accepted. */
  backlog?: number;
  /** How many processes serve it. */
  workers: number;
  /** The user and group its processes run as; empty for the supervisor's own. */
  user: string;
  group: string;
}

/** What an app consists of, as the process that loaded it reports. */
export interface AppManifest {
  services: ServiceManifest[];
  /** How long old workers may take to finish at a reload, in ms. */
  reloadTimeout: number;
  /** How long workers may take to finish at a stop, in ms. */
  stopTimeout: number;
  /** How workers get their sockets. */
  handoff: Handoff;
  /** It asks to run apart from the terminal. */
  daemon: boolean;
  /** Where it asks output to go; empty where it does not care. */
  logFile: string;
}

/** What one worker has done so far. */
export interface WorkerStatistics {
  /** Resident memory in bytes. */
  memory: number;
  /** Share of one processor over the last second, in percent. */
  processor: number;
  /** How late timers ran over the last second at worst, in ms. */
  loopDelay: number;
  connections: number;
  messages: number;
  bytesRead: number;
  bytesWritten: number;
  sendFailures: number;
  handlerErrors: number;
  timers: number;
  /** What carries messages to other processes. */
  clusters: ClusterStatistics[];
}

/** One connection of a worker. */
export interface ConnectionStatistics {
  id: number;
  service: string;
  protocol: string;
  remoteAddress: string;
  /** Since it was opened, in ms. */
  age: number;
  bytesRead: number;
  bytesWritten: number;
  bufferedBytes: number;
}

/** From the process that loads the app: one of them, once. */
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
  /** To `drain`: it takes no connection any more. */
  | { type: "drains" }
  /** To `supervisor-moves`: what it has for other workers waits from here on. */
  | { type: "waits" }
  /** To `supervisor-returns`: it hears other workers again. */
  | { type: "returned" }
  | { type: "report"; request: number; statistics: WorkerStatistics }
  | { type: "report-connections"; request: number; connections: ConnectionStatistics[] };

/** To a worker. */
export type WorkerOrder =
  | { type: "serve" }
  | { type: "drain"; timeout: number; reason: DrainReason }
  | { type: "statistics"; request: number }
  | { type: "connections"; request: number }
  | { type: "supervisor-moves" }
  /** Another image of the supervisor speaks: it knows nothing of what this worker wants to hear. */
  | { type: "supervisor-returns" }
  /** All that have been told so are back, and hear each other. */
  | { type: "resumed" };

/** Why a worker has to leave. */
export type DrainReason = "reload" | "recycle" | "stop";

/** From a supervisor to the one that has started it to take its place: it hears signals, and has the pid file. */
export interface TakeoverMessage {
  type: "taken-over";
}

/** What the supervisor can be asked for. */
export type Command =
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
  /** Of `stop`: does not wait for connections to finish. */
  now?: boolean;
}

/** To the `goer` command: any number of lines on the way, then what came of it. */
export type CommandReply =
  | { type: "progress"; text: string }
  | { type: "outcome"; ok: boolean; text: string; data?: unknown };

/** All that the `goer` command hears. It says nothing before it has heard that somebody listens. */
export type ControlMessage = CommandReply | { type: "alive" };
