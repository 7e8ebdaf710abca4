/**
 * The events and effects of the supervisor's state machine. Both are plain values, because the
 * machine only decides.
 *
 * @module
 */

import type { Layout } from "./layout.ts";
import type { MachineTimer } from "./timers.ts";
import type { Command, DrainReason, ReloadPlan } from "../ipc/messages.ts";

/**
 * The state of the supervisor. `upgrading`: the new workers serve, and a new supervisor should take
 * over. `restarting`: no worker is left, and the command should start again.
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

/** A command that changes something. `requester` gets its progress and outcome. */
export interface Request {
  command: Exclude<Command, "connections" | "reopen" | "status">;
  /** Undefined for a signal. */
  requester?: number;
  now?: boolean;
  /** For a reload. */
  plan?: ReloadPlan;
}

/** The input of the machine. */
export type SupervisorEvent =
  | { event: "start" }
  | { event: "request"; request: Request }
  /** A requester has disconnected. */
  | { event: "requester-gone"; requester: number }
  | { event: "loaded"; layout: Layout }
  | { event: "load-failed"; reason: string }
  | { event: "opened"; generation: number }
  | { event: "open-failed"; generation: number; reason: string }
  /** It has loaded the app, and does not accept connections yet. */
  | { event: "worker-prepared"; worker: number }
  /** It accepts connections. */
  | { event: "worker-ready"; worker: number }
  /** It has closed the sockets of its own, which changes nothing for the machine. */
  | { event: "worker-released"; worker: number }
  | { event: "worker-recycles"; worker: number; reason: string }
  | { event: "worker-exited"; worker: number; reason: string }
  | { event: "timeout"; timer: MachineTimer }
  | { event: "execute-failed"; reason: string };

/** The output of the machine. */
export type Effect =
  /** Load the app in a separate process, and report what it serves. */
  | { effect: "load" }
  | { effect: "cancel-load" }
  /**
   * Open the sockets that are new in `layout`. `before` is the current layout. Without it, the app
   * starts: only then are its log file, the sockets of a service manager, and addresses that a dead
   * supervisor has left in use considered, and warnings printed.
   */
  | { effect: "open"; layout: Layout; before?: Layout; generation: number }
  /** Close the sockets that are not in `layout`; without it, all. */
  | { effect: "close"; layout?: Layout }
  | { effect: "spawn"; worker: WorkerRecord; layout: Layout }
  /** Make a prepared worker accept connections. */
  | { effect: "serve"; worker: number }
  | { effect: "drain"; worker: number; timeout: number; reason: DrainReason }
  | { effect: "kill"; worker: number }
  | { effect: "set-timer"; timer: MachineTimer; delay: number }
  | { effect: "clear-timer"; timer: MachineTimer }
  | { effect: "progress"; requesters: number[]; text: string }
  | { effect: "outcome"; requesters: number[]; ok: boolean; text: string }
  | { effect: "log"; level: "info" | "warn" | "error"; text: string }
  | { effect: "announce"; state: "ready" | "reloading" | "stopping" }
  /** Execute a new supervisor, which continues with the saved state or starts afresh. */
  | { effect: "execute"; fresh: boolean }
  /** This supervisor continues, because a stop has priority. */
  | { effect: "cancel-execute" }
  /** Leave the runtime directory to the next supervisor: it may start as soon as the stop is reported. */
  | { effect: "release" }
  /** Start another process as the supervisor, in the background. */
  | { effect: "detach" }
  | { effect: "exit"; code: number };

/** Options of {@linkcode SupervisorMachine}. */
export interface MachineOptions {
  /** How long the app may take to load, and a worker to become ready, in ms. Default: 30,000. */
  startTimeout?: number;
  /** True if this process has a terminal, so that an app can ask to run in the background. */
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
 * The state of a worker. `starting`: it loads the app. `prepared`: it waits for the order to accept
 * connections. `opening`: it has the order. `ready`: it accepts connections. `draining`: it finishes
 * its connections, and then ends.
 */
export type WorkerState = "starting" | "prepared" | "opening" | "ready" | "draining";

/** What a new supervisor needs to continue. */
export interface MachineState {
  layout: Layout;
  /** The generation of the workers that serve. */
  generation: number;
  nextWorker: number;
  reloads: number;
  upgrades: number;
  workers: WorkerRecord[];
  /** Waiting commands from signals. Clients send theirs to the new supervisor again. */
  signalled?: Request["command"][];
}

/**
 * The stage of a reload. `starting`: new workers load the app. `serving`: they begin to accept
 * connections. `watching`: they serve for a while beside the old ones. `leaving`: the old workers of
 * the batch finish, and the next batch waits for that.
 */
export type RolloutStage =
  | "loading"
  | "opening"
  | "starting"
  | "serving"
  | "watching"
  | "leaving";

/** The progress of a reload. */
export interface RolloutStatus {
  stage: RolloutStage;
  /** How many workers are replaced. */
  replaced: number;
  /** How many there will be. */
  workers: number;
}
