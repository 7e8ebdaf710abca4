/**
 * Drives the supervisor's state machine, and records its effects.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type {
  Effect,
  MachineOptions,
  SupervisorEvent,
} from "../../src/supervisor/machine/events.ts";
import { layoutOf } from "../../src/supervisor/machine/layout.ts";
import type { ReloadPlan } from "../../src/supervisor/ipc/messages.ts";
import { SupervisorMachine } from "../../src/supervisor/machine/machine.ts";
import { timerName } from "../../src/supervisor/machine/timers.ts";

/** One service with two workers. */
export const LAYOUT = layoutOf({
  services: [{
    key: "text://127.0.0.1:1",
    name: "echo",
    listen: "text://127.0.0.1:1",
    protocol: "text",
    workers: 2,
    user: "",
    group: "",
  }],
  reloadTimeout: 60_000,
  stopTimeout: 10_000,
  handoff: "inherit",
  daemon: false,
  logFile: "",
});

export const prepared = (worker: number): SupervisorEvent => ({ event: "worker-prepared", worker });
export const ready = (worker: number): SupervisorEvent => ({ event: "worker-ready", worker });
export const exited = (worker: number): SupervisorEvent => ({
  event: "worker-exited",
  worker,
  reason: "exited with code 1",
});
export const recycles = (worker: number): SupervisorEvent => ({
  event: "worker-recycles",
  worker,
  reason: "maxRequests",
});
export const loaded: SupervisorEvent = { event: "loaded", layout: LAYOUT };
export const opened = (generation: number): SupervisorEvent => ({ event: "opened", generation });
export const late = (worker?: number): SupervisorEvent => ({
  event: "timeout",
  timer: worker === undefined ? { kind: "rollout" } : { kind: "ready", worker },
});
export const hangs = (worker: number): SupervisorEvent => ({
  event: "timeout",
  timer: { kind: "drain", worker },
});
export const pauseIsOver = (slot: number): SupervisorEvent => ({
  event: "timeout",
  timer: { kind: "restart", slot: `${LAYOUT.groups[0].key}#${slot}` },
});
export const request = (
  command: "abort" | "reload" | "upgrade" | "stop" | "restart" | "wait",
  requester?: number,
  now?: boolean,
): SupervisorEvent => ({ event: "request", request: { command, requester, now } });
export const reload = (requester: number, plan: ReloadPlan): SupervisorEvent => ({
  event: "request",
  request: { command: "reload", requester, plan },
});

/** The same app with the option to run in the background. */
export const loadedDaemon: SupervisorEvent = {
  event: "loaded",
  layout: { ...LAYOUT, app: { ...LAYOUT.app, daemon: true } },
};

/** The same app with the option `drainDelay`. */
export const loadedWithDelay: SupervisorEvent = {
  event: "loaded",
  layout: { ...LAYOUT, app: { ...LAYOUT.app, drainDelay: 5000 } },
};

/** The events that lead to two workers that serve, 1 and 2. */
export const STARTED: readonly SupervisorEvent[] = [
  { event: "start" },
  loaded,
  opened(1),
  prepared(1),
  prepared(2),
  ready(1),
  ready(2),
];

/** A machine, and its effects since the last query. */
export class Script {
  machine: SupervisorMachine;
  /** The running timers, by name. */
  readonly timers = new Map<string, SupervisorEvent>();
  #wanted: Effect[] = [];

  constructor(options?: MachineOptions) {
    this.machine = new SupervisorMachine(options);
  }

  tell(...events: SupervisorEvent[]): this {
    for (const event of events) {
      if (event.event === "timeout") this.timers.delete(timerName(event.timer));
      this.note(this.machine.handle(event));
    }
    return this;
  }

  /** Continues with another machine, like a new supervisor. */
  restore(): this {
    const state = structuredClone(this.machine.save());
    this.timers.clear();
    this.machine = new SupervisorMachine();
    return this.note(this.machine.restore(state));
  }

  /** Records effects. */
  note(effects: Effect[]): this {
    for (const effect of effects) {
      if (effect.effect === "set-timer") {
        this.timers.set(timerName(effect.timer), { event: "timeout", timer: effect.timer });
      } else if (effect.effect === "clear-timer") this.timers.delete(timerName(effect.timer));
    }
    this.#wanted.push(...effects);
    return this;
  }

  /** All effects since the last call. */
  take(): Effect[] {
    return this.#wanted.splice(0);
  }

  /** The same in short form, without logs and progress. */
  wanted(): string[] {
    return this.take().flatMap((effect) => {
      switch (effect.effect) {
        case "spawn":
          return `spawn ${effect.worker.id} in ${effect.worker.slot}`;
        case "drain":
          return `drain ${effect.worker} for ${effect.reason}`;
        case "serve":
        case "kill":
          return `${effect.effect} ${effect.worker}`;
        case "outcome":
          return effect.requesters.map((one) => `${effect.ok ? "done" : "failed"} ${one}`);
        case "set-timer":
          return effect.timer.kind === "restart" ? `pause ${effect.delay}` : [];
        case "execute":
          return effect.fresh ? "execute afresh" : "execute";
        case "exit":
          return `exit ${effect.code}`;
        case "close":
          return effect.layout === undefined ? "close all" : "close the rest";
        case "announce":
          return `announce ${effect.state}`;
        case "open":
          return effect.before === undefined ? "open at the start" : "open";
        case "load":
        case "cancel-load":
        case "cancel-execute":
        case "release":
        case "detach":
          return effect.effect;
        case "clear-timer": // The walks check which timers run.
        case "log":
        case "progress":
          return [];
      }
    });
  }

  /** Running, with the workers 1 and 2. */
  running(): this {
    this.tell(...STARTED).take();
    return this;
  }

  /** The same, of an app with `drainDelay`. */
  runningWithDelay(): this {
    this.tell(STARTED[0], loadedWithDelay, ...STARTED.slice(2)).take();
    return this;
  }

  /** Running, during a reload or upgrade whose workers 3 and 4 are starting. */
  reloading(command: "reload" | "upgrade" = "reload"): this {
    this.running().tell(request(command, 9), loaded, opened(2)).take();
    return this;
  }

  /** Running, during a reload in batches or with canaries, whose first workers are starting. */
  replacing(plan: ReloadPlan): this {
    this.running().tell(reload(9, plan), loaded, opened(2)).take();
    return this;
  }

  /** Running with the workers 3 and 4, before a new supervisor takes over. */
  upgrading(): this {
    this.reloading("upgrade").tell(prepared(3), prepared(4), ready(3), ready(4)).take();
    return this;
  }
}

/** What happens, in which state, and what is wanted then. */
export type MachineCase = [string, () => Script, SupervisorEvent[], string[]];

/** One test for each. */
export function testMachine(cases: MachineCase[]): void {
  for (const [name, state, events, expected] of cases) {
    Deno.test(name, () => assertEquals(state().tell(...events).wanted(), expected));
  }
}
