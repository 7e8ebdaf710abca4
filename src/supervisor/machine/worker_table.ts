/**
 * The workers of the state machine: their slots, and what happens when one ends.
 *
 * @module
 */

import type { Effect, MachineState, WorkerRecord } from "./events.ts";
import type { Layout } from "./layout.ts";
import type { DrainReason } from "../ipc/messages.ts";

/** The first pause before a worker that died more than once is started again, in ms. It doubles. */
const FIRST_PAUSE = 250;

/** The longest such pause, in ms. */
const LONGEST_PAUSE = 30_000;

/** How long a worker has to live before its slot's earlier deaths are forgotten, in ms. */
const STABLE_TIME = 10_000;

/**
 * How much longer than its time a draining worker may live before it is killed, in ms: longer than
 * the default for lingering connections.
 */
const DRAIN_GRACE = 4000;

/** The position of a worker in the layout. */
export interface Slot {
  group: string;
  slot: number;
}

/** A slot without a worker, which gets one after a pause. */
export interface PausedSlot extends Slot {
  /** The length of the pause, in ms. */
  pause: number;
  /** What happened to its last worker. */
  reason: string;
}

/** The running workers, and the slots that wait for one. */
export class WorkerTable {
  readonly #want: (...effects: Effect[]) => void;
  readonly #startTimeout: number;
  readonly #workers = new Map<number, WorkerRecord>();
  /**
   * How many times in a row the worker of a slot has died, or had to be replaced, soon after its
   * start.
   */
  readonly #deaths = new Map<string, number>();
  /** Workers that became ready a short time ago. */
  readonly #young = new Set<number>();
  /** Slots whose worker starts after a pause. */
  readonly #pausing = new Map<string, PausedSlot>();
  #nextWorker = 1;

  /** @param want Receives effects. */
  constructor(want: (...effects: Effect[]) => void, startTimeout: number) {
    this.#want = want;
    this.#startTimeout = startTimeout;
  }

  /** All running workers. */
  get all(): WorkerRecord[] {
    return [...this.#workers.values()];
  }

  /** The slots that wait for a worker. */
  get paused(): PausedSlot[] {
    return [...this.#pausing.values()];
  }

  get(id: number): WorkerRecord | undefined {
    return this.#workers.get(id);
  }

  save(): Pick<MachineState, "nextWorker" | "workers"> {
    return { nextWorker: this.#nextWorker, workers: this.all };
  }

  /** Continues with the workers of a previous supervisor, and sets their timers again. */
  restore({ nextWorker, workers, layout }: MachineState): void {
    this.#nextWorker = nextWorker;
    for (const worker of workers) {
      this.#workers.set(worker.id, worker);
      if (worker.state === "draining") this.#limitDrain(worker.id, layout.app.reloadTimeout);
      else if (worker.state === "ready") this.#watchStability(worker.id);
      else this.#limitStart(worker.id);
    }
  }

  /** Starts the worker of a slot. */
  spawn({ group, slot }: Slot, generation: number, layout: Layout): WorkerRecord {
    const id = this.#nextWorker++;
    const worker: WorkerRecord = { id, group, slot, generation, state: "starting" };
    this.#workers.set(id, worker);
    this.#want({ effect: "spawn", worker: { ...worker }, layout });
    return worker;
  }

  /** Makes a prepared worker accept connections. */
  serve(worker: WorkerRecord): void {
    worker.state = "opening";
    this.#want({ effect: "serve", worker: worker.id });
  }

  /** A worker accepts connections, and replaces any earlier one in its slot. */
  takeSlot(worker: WorkerRecord, layout: Layout): void {
    worker.state = "ready";
    this.#want({ effect: "clear-timer", timer: { kind: "ready", worker: worker.id } });
    this.#watchStability(worker.id);
    for (const other of this.#inSlot(worker, worker.generation)) {
      if (other.id !== worker.id && isServing(other)) this.drain(other.id, "recycle", layout);
    }
  }

  #watchStability(worker: number): void {
    this.#young.add(worker);
    this.#want({ effect: "set-timer", timer: { kind: "stable", worker }, delay: STABLE_TIME });
  }

  /** A worker has lived long enough: forgets its slot's deaths. */
  stable(id: number): void {
    this.#young.delete(id);
    const worker = this.#workers.get(id);
    if (worker) this.#deaths.delete(slotName(worker));
  }

  /** A worker has ended. */
  forget(id: number): void {
    this.#workers.delete(id);
    this.#young.delete(id);
    for (const kind of ["ready", "stable", "drain"] as const) {
      this.#want({ effect: "clear-timer", timer: { kind, worker: id } });
    }
  }

  /** Replaces a worker that died: immediately, but later each time it dies again. */
  replace(worker: WorkerRecord, reason: string, generation: number, layout: Layout): void {
    const slot = slotName(worker);
    if (this.#pausing.has(slot) || !isInLayout(worker, layout)) return;
    const deaths = this.#countDeath(slot);
    if (deaths === 0) return this.#startReplacement(worker, generation, layout);
    this.#pause(worker, deaths - 1, reason);
  }

  #countDeath(slot: string): number {
    const deaths = this.#deaths.get(slot) ?? 0;
    this.#deaths.set(slot, deaths + 1);
    return deaths;
  }

  #pause({ group, slot: number }: Slot, doublings: number, reason: string): void {
    const delay = Math.min(FIRST_PAUSE * 2 ** doublings, LONGEST_PAUSE);
    const slot = slotName({ group, slot: number });
    this.#pausing.set(slot, { group, slot: number, pause: delay, reason });
    this.#want({ effect: "set-timer", timer: { kind: "restart", slot }, delay });
    this.#want({ effect: "log", level: "warn", text: `starting a replacement in ${delay} ms` });
  }

  #startReplacement(slot: Slot, generation: number, layout: Layout): void {
    if (this.#inSlot(slot, generation).some(isComing)) return;
    this.#limitStart(this.spawn(slot, generation, layout).id);
  }

  /** Starts workers in slots that have none and are not waiting for one. */
  fillSlots(generation: number, layout: Layout): void {
    for (const slot of slotsOf(layout)) {
      const alive = this.#inSlot(slot, generation).some((one) => one.state !== "draining");
      if (!alive && !this.#pausing.has(slotName(slot))) {
        this.#startReplacement(slot, generation, layout);
      }
    }
  }

  /** The pause of a slot is over: starts its worker. */
  pauseIsOver(name: string, generationOf: (slot: Slot) => number, layout: Layout): void {
    this.#pausing.delete(name);
    const slot = slotsOf(layout).find((one) => slotName(one) === name);
    if (slot) this.#startReplacement(slot, generationOf(slot), layout);
  }

  /** Forgets deaths and pauses in all slots, or in some, because new code may work. */
  clearPauses(slots?: Slot[]): void {
    const names = slots?.map(slotName) ?? [...this.#pausing.keys(), ...this.#deaths.keys()];
    for (const slot of names) {
      if (this.#pausing.delete(slot)) {
        this.#want({ effect: "clear-timer", timer: { kind: "restart", slot } });
      }
      this.#deaths.delete(slot);
    }
  }

  /**
   * Starts a replacement for a worker that continues until the replacement is ready. A worker that
   * needs this soon after its start would do so repeatedly. So, as after deaths, the pause grows.
   */
  recycle(worker: WorkerRecord, reason: string, generation: number, layout: Layout): void {
    const slot = slotName(worker);
    if (this.#pausing.has(slot) || this.#inSlot(worker, generation).some(isComing)) return;
    const text = `worker ${worker.id} is replaced: ${reason}`;
    if (!this.#young.has(worker.id)) {
      this.#want({ effect: "log", level: "info", text });
      return this.#startReplacement(worker, generation, layout);
    }
    this.#want({ effect: "log", level: "warn", text: `${text}, soon after its start` });
    this.#pause(worker, this.#countDeath(slot), text);
  }

  /** Makes a worker finish and leave. One that does not serve yet has nothing to finish. */
  drain(id: number, reason: DrainReason, layout: Layout): void {
    const worker = this.#workers.get(id);
    if (worker === undefined || worker.state === "draining") return;
    if (!isServing(worker)) return this.kill(id);
    worker.state = "draining";
    const { reloadTimeout, stopTimeout } = layout.app;
    const timeout = reason === "stop" ? stopTimeout : reloadTimeout;
    this.#want({ effect: "clear-timer", timer: { kind: "ready", worker: id } });
    this.#want({ effect: "drain", worker: id, timeout, reason });
    this.#limitDrain(id, timeout);
  }

  /** Reduces the time of workers that are already draining for a reload. */
  drainForStop(layout: Layout | undefined): void {
    for (const worker of this.all) {
      if (layout === undefined) this.kill(worker.id);
      else {
        if (worker.state === "draining") worker.state = "ready";
        this.drain(worker.id, "stop", layout);
      }
    }
  }

  #limitStart(worker: number): void {
    const timer = { kind: "ready", worker } as const;
    this.#want({ effect: "set-timer", timer, delay: this.#startTimeout });
  }

  /** The worker itself ends at `timeout`. One that hangs is killed a little later. */
  #limitDrain(worker: number, timeout: number): void {
    const timer = { kind: "drain", worker } as const;
    this.#want({ effect: "set-timer", timer, delay: timeout + DRAIN_GRACE });
  }

  /** Kills a worker. */
  kill(id: number): void {
    const worker = this.#workers.get(id);
    if (worker === undefined) return;
    worker.state = "draining";
    this.#want({ effect: "kill", worker: id });
  }

  /** Kills all workers. */
  killAll(): void {
    for (const id of this.#workers.keys()) this.kill(id);
  }

  /** A worker's time is up. */
  overdue(id: number): void {
    if (!this.#workers.has(id)) return;
    this.#want({
      effect: "log",
      level: "warn",
      text: `worker ${id} does not respond and is killed`,
    });
    this.#want({ effect: "kill", worker: id });
  }

  /** The workers of a slot, up to a generation: those of a later one belong to a rollout. */
  #inSlot(slot: Slot, generation: number): WorkerRecord[] {
    return this.all.filter((one) => one.generation <= generation && isSameSlot(one, slot));
  }
}

/** True for a worker that may have connections. */
export function isServing({ state }: WorkerRecord): boolean {
  return state === "opening" || state === "ready";
}

/** True for a worker that is not ready yet. */
export function isComing({ state }: WorkerRecord): boolean {
  return state === "starting" || state === "prepared" || state === "opening";
}

function isInLayout(worker: Slot, layout: Layout): boolean {
  return slotsOf(layout).some((slot) => isSameSlot(slot, worker));
}

/** All slots of a layout. */
export function slotsOf(layout: Layout): Slot[] {
  return layout.groups.flatMap(({ key, workers }) =>
    Array.from({ length: workers }, (_, slot) => ({ group: key, slot }))
  );
}

/** True for the same position in the layout. */
export function isSameSlot(one: Slot, other: Slot): boolean {
  return one.group === other.group && one.slot === other.slot;
}

/** A unique name for a slot. */
function slotName({ group, slot }: Slot): string {
  return `${group}#${slot}`;
}
