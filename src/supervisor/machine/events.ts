/**
 * What the supervisor's state machine is told, and what it wants done. Both are plain values: the
 * machine itself does nothing but decide.
 *
 * @module
 */

import type { Layout } from "./layout.ts";
import type { MachineTimer } from "./timers.ts";
import type { Command, DrainReason } from "../ipc/messages.ts";

/**
 * Where the supervisor is. `upgrading`: the new workers serve, and a new image is to take over.
 * `restarting`: nothing is left, and a new image is to start afresh.
 */
export type Phase =
  | "new"
  | "starting"
  | "running"
  | "reloading"
  | "upgrading"
  | "stopping"
  | "restarting"
  | "stopped";

/** A command that changes something; `requester` is told what comes of it. */
export interface Request {
  command: Exclude<Command, "connections" | "reopen" | "status">;
  /** Undefined for a signal: nobody waits. */
  requester?: number;
  now?: boolean;
}

/** What the machine is told. */
export type SupervisorEvent =
  | { event: "start" }
  | { event: "request"; request: Request }
  /** Whoever made a request has gone. */
  | { event: "requester-gone"; requester: number }
  | { event: "loaded"; layout: Layout }
  | { event: "load-failed"; reason: string }
  | { event: "opened"; generation: number }
  | { event: "open-failed"; generation: number; reason: string }
  /** It has loaded the app, and accepts nobody yet. */
  | { event: "worker-prepared"; worker: number }
  /** It accepts connections. */
  | { event: "worker-ready"; worker: number }
  | { event: "worker-recycles"; worker: number; reason: string }
  | { event: "worker-exited"; worker: number; reason: string }
  | { event: "timeout"; timer: MachineTimer }
  | { event: "execute-failed"; reason: string };

/** What is wanted done. */
export type Effect =
  /** Load the app in a process of its own and tell what it serves. */
  | { effect: "load" }
  | { effect: "cancel-load" }
  /**
   * Open the sockets that are new in `layout`. `before` is what is served until then. Where that is
   * nothing, the app starts: only then count its log file, the sockets of a service manager, and
   * addresses that a supervisor which died has left in use; and only then is its user warned.
   */
  | { effect: "open"; layout: Layout; before?: Layout; generation: number }
  /** Close the sockets that `layout` does not name; all where there is none. */
  | { effect: "close"; layout?: Layout }
  | { effect: "spawn"; worker: WorkerRecord; layout: Layout }
  /** Have a worker that is prepared accept connections. */
  | { effect: "serve"; worker: number }
  | { effect: "drain"; worker: number; timeout: number; reason: DrainReason }
  | { effect: "kill"; worker: number }
  | { effect: "set-timer"; timer: MachineTimer; delay: number }
  | { effect: "clear-timer"; timer: MachineTimer }
  | { effect: "progress"; requesters: number[]; text: string }
  | { effect: "outcome"; requesters: number[]; ok: boolean; text: string }
  | { effect: "log"; level: "info" | "warn" | "error"; text: string }
  | { effect: "announce"; state: "ready" | "reloading" | "stopping" }
  /** Become a new image, that goes on with everything as it is, or starts afresh. */
  | { effect: "execute"; fresh: boolean }
  /** This image goes on after all: a stop goes first. */
  | { effect: "cancel-execute" }
  /** Have another process be the supervisor, in the background. */
  | { effect: "detach" }
  | { effect: "exit"; code: number };

/** What {@linkcode SupervisorMachine} takes. */
export interface MachineOptions {
  /** How long the app may take to load, and a worker to get ready, in ms. Default: 30,000. */
  startTimeout?: number;
  /** This process has a terminal: an app that asks for it is served in the background. */
  mayDetach?: boolean;
}

/** A worker, as the machine knows it. */
export interface WorkerRecord {
  readonly id: number;
  /** The key of its {@linkcode WorkerGroup}. */
  readonly group: string;
  readonly slot: number;
  readonly generation: number;
  state: WorkerState;
}

/**
 * How far a worker is: `starting` until it has loaded the app, `prepared` until it is told to accept
 * connections, `opening` until it does, then `ready`; `draining` from when it is told to leave.
 */
export type WorkerState = "starting" | "prepared" | "opening" | "ready" | "draining";

/** All that a new image has to know to go on. */
export interface MachineState {
  layout: Layout;
  /** Of the workers that serve. */
  generation: number;
  nextWorker: number;
  reloads: number;
  upgrades: number;
  workers: WorkerRecord[];
  /** What signals have asked for and is not begun: who asks by a command asks the new image again. */
  signalled?: Request["command"][];
}
