/**
 * What the supervisor's state machine is told, and what it wants done. Both are plain values: the
 * machine itself does nothing but decide.
 *
 * @module
 */

import type { Layout } from "./layout.ts";
import type { Command, DrainReason } from "./messages.ts";

/** A command that changes something; `requester` is told what comes of it. */
export interface Request {
  command: Exclude<Command, "connections" | "status">;
  /** Undefined for a signal: nobody waits. */
  requester?: number;
  now?: boolean;
}

/** What the machine is told. */
export type SupervisorEvent =
  | { event: "start" }
  | { event: "request"; request: Request }
  | { event: "described"; layout: Layout }
  | { event: "describe-failed"; reason: string }
  | { event: "opened" }
  | { event: "open-failed"; reason: string }
  | { event: "worker-ready"; worker: number }
  | { event: "worker-recycles"; worker: number; reason: string }
  | { event: "worker-exited"; worker: number; reason: string }
  | { event: "timeout"; timer: string }
  | { event: "execute-failed"; reason: string };

/** What is wanted done. */
export type Effect =
  /** Load the app in a process of its own and tell what it serves. */
  | { effect: "describe" }
  | { effect: "cancel-describe" }
  /** Open the sockets that are new in `layout`. */
  | { effect: "open"; layout: Layout }
  /** Close the sockets that `layout` does not name; all where there is none. */
  | { effect: "close"; layout?: Layout }
  | { effect: "spawn"; worker: WorkerRecord; layout: Layout }
  | { effect: "drain"; worker: number; timeout: number; reason: DrainReason }
  | { effect: "kill"; worker: number }
  | { effect: "set-timer"; timer: string; delay: number }
  | { effect: "clear-timer"; timer: string }
  | { effect: "progress"; requesters: number[]; text: string }
  | { effect: "outcome"; requesters: number[]; ok: boolean; text: string }
  | { effect: "log"; level: "info" | "warn" | "error"; text: string }
  | { effect: "announce"; state: "ready" | "reloading" | "stopping" }
  /** Become a new image, that goes on with everything as it is, or starts afresh. */
  | { effect: "execute"; fresh: boolean }
  | { effect: "exit"; code: number };

/** A worker, as the machine knows it. */
export interface WorkerRecord {
  readonly id: number;
  /** The key of its {@linkcode WorkerGroup}. */
  readonly group: string;
  readonly slot: number;
  readonly generation: number;
  state: "starting" | "ready" | "draining";
}

/** All that a new image has to know to go on. */
export interface MachineState {
  layout: Layout;
  generation: number;
  nextWorker: number;
  reloads: number;
  upgrades: number;
  workers: WorkerRecord[];
}
