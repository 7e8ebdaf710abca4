/**
 * The timers of the supervisor's state machine.
 *
 * @module
 */

import { nativeDelay } from "../../numbers.ts";

/** The purpose of a timer. */
export type MachineTimer =
  /** Loading the app, opening its sockets, and starting its new workers. */
  | { kind: "rollout" }
  /** The time between the report that the app is not ready and the drain of its workers. */
  | { kind: "delay" }
  /** A worker must become ready, has lived long enough, or must finish. */
  | { kind: "ready" | "stable" | "drain"; worker: number }
  /** The pause before a worker is started in this slot. */
  | { kind: "restart"; slot: string };

/** The running timers. */
export class MachineTimers {
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #onTimeout: (timer: MachineTimer) => void;

  /** @param onTimeout Called for each timer that is due. */
  constructor(onTimeout: (timer: MachineTimer) => void) {
    this.#onTimeout = onTimeout;
  }

  /** Starts or restarts a timer. */
  set(timer: MachineTimer, delay: number): void {
    this.clear(timer);
    const fire = () => {
      this.#timers.delete(timerName(timer));
      this.#onTimeout(timer);
    };
    this.#timers.set(timerName(timer), setTimeout(fire, nativeDelay(delay)));
  }

  /** Stops a timer. */
  clear(timer: MachineTimer): void {
    clearTimeout(this.#timers.get(timerName(timer)));
    this.#timers.delete(timerName(timer));
  }
}

/** A unique name for a timer. */
export function timerName(timer: MachineTimer): string {
  switch (timer.kind) {
    case "rollout":
    case "delay":
      return timer.kind;
    case "restart":
      return `${timer.kind} ${timer.slot}`;
    default:
      return `${timer.kind} ${timer.worker}`;
  }
}
