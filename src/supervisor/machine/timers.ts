/**
 * The timers of the supervisor's state machine.
 *
 * @module
 */

import { nativeDelay } from "../../numbers.ts";

/** What the machine waits for. */
export type MachineTimer =
  /** The app to load, its sockets to open, its new workers to get ready. */
  | { kind: "rollout" }
  /** A worker to get ready, to have lived for long, to finish. */
  | { kind: "ready" | "stable" | "drain"; worker: number }
  /** The pause before a worker is started in this slot. */
  | { kind: "restart"; slot: string };

/** The timers that run. */
export class MachineTimers {
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #onTimeout: (timer: MachineTimer) => void;

  /** @param onTimeout Hears of each timer that is due. */
  constructor(onTimeout: (timer: MachineTimer) => void) {
    this.#onTimeout = onTimeout;
  }

  /** Starts a timer, or starts it again. */
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

/** Tells one timer from all others. */
export function timerName(timer: MachineTimer): string {
  switch (timer.kind) {
    case "rollout":
      return timer.kind;
    case "restart":
      return `${timer.kind} ${timer.slot}`;
    default:
      return `${timer.kind} ${timer.worker}`;
  }
}
