/**
 * The workers as the state machine knows them: which slot each is in, and what follows when one ends.
 *
 * @module
 */

import { nativeDelay } from "../numbers.ts";
import type { Effect, MachineState, WorkerRecord } from "./events.ts";
import type { Layout } from "./layout.ts";
import type { DrainReason } from "./messages.ts";

/** The first pause before a worker is started again that died more than once, in ms. It doubles. */
export const FIRST_PAUSE = 250;

/** The longest such pause, in ms. */
export const LONGEST_PAUSE = 30_000;

/** How long a worker has to live for its slot's earlier deaths to be forgotten, in ms. */
export const SETTLING_TIME = 10_000;

/**
 * How much longer than its time a worker that drains may live before it is killed, in ms: longer than
 * connections linger by default whose peers do not end their side.
 */
const DRAIN_GRACE = 4000;

/** The place of a worker in the layout. */
interface Slot {
  group: string;
  slot: number;
}

/** The workers that live, and the slots that wait for one. */
export class WorkerTable {
  readonly #want: (...effects: Effect[]) => void;
  readonly #startTimeout: number;
  readonly #workers = new Map<number, WorkerRecord>();
  /** How often the worker of a slot has died, in a row. */
  readonly #deaths = new Map<string, number>();
  /** Slots that a timer will start a worker in. */
  readonly #pausing = new Set<string>();
  #nextWorker = 1;
  /** Counts up with each set of workers. */
  generation = 0;

  /** @param want Takes what is to be done. */
  constructor(want: (...effects: Effect[]) => void, startTimeout: number) {
    this.#want = want;
    this.#startTimeout = startTimeout;
  }

  /** All that live. */
  get all(): WorkerRecord[] {
    return [...this.#workers.values()];
  }

  /** Those of the newest generation. */
  get newest(): WorkerRecord[] {
    return this.all.filter((worker) => worker.generation === this.generation);
  }

  get(id: number): WorkerRecord | undefined {
    return this.#workers.get(id);
  }

  save(): Pick<MachineState, "generation" | "nextWorker" | "workers"> {
    return { generation: this.generation, nextWorker: this.#nextWorker, workers: this.all };
  }

  restore({ generation, nextWorker, workers, layout }: MachineState): void {
    this.generation = generation;
    this.#nextWorker = nextWorker;
    for (const worker of workers) {
      this.#workers.set(worker.id, worker);
      if (worker.state === "draining") this.#limitDrain(worker.id, layout.app.reloadTimeout);
    }
  }

  /** Starts the worker of a slot. */
  spawn(group: string, slot: number, layout: Layout): void {
    const worker: WorkerRecord = {
      id: this.#nextWorker++,
      group,
      slot,
      generation: this.generation,
      state: "starting",
    };
    this.#workers.set(worker.id, worker);
    this.#want({ effect: "spawn", worker: { ...worker }, layout });
  }

  /** A replacement is ready: it serves in the place of the one that asked to be recycled. */
  settle(worker: WorkerRecord, layout: Layout): void {
    this.#want({ effect: "set-timer", timer: `settled:${worker.id}`, delay: SETTLING_TIME });
    for (const other of this.#inSlot(worker)) {
      if (other.id !== worker.id && other.state === "ready") {
        this.drain(other.id, "recycle", layout);
      }
    }
  }

  /** A worker has lived for long: its slot's deaths are forgotten. */
  settled(id: number): void {
    const worker = this.#workers.get(id);
    if (worker) this.#deaths.delete(slotName(worker));
  }

  /** A worker has ended. */
  forget(id: number): void {
    this.#workers.delete(id);
    for (const timer of ["ready", "settled", "drain"]) {
      this.#want({ effect: "clear-timer", timer: `${timer}:${id}` });
    }
  }

  /** Starts a worker in the slot of one that died: at once, but later each time it dies again. */
  replace(worker: WorkerRecord, layout: Layout): void {
    const slot = slotName(worker);
    if (this.#pausing.has(slot)) return;
    const deaths = this.#deaths.get(slot) ?? 0;
    this.#deaths.set(slot, deaths + 1);
    if (deaths === 0) return this.#startReplacement(worker, layout);
    const delay = Math.min(FIRST_PAUSE * 2 ** (deaths - 1), LONGEST_PAUSE);
    this.#pausing.add(slot);
    this.#want({ effect: "set-timer", timer: `restart:${slot}`, delay });
    this.#want({ effect: "log", level: "warn", text: `starting it again in ${delay} ms` });
  }

  #startReplacement({ group, slot }: Slot, layout: Layout): void {
    if (this.#inSlot({ group, slot }).some((one) => one.state === "starting")) return;
    this.spawn(group, slot, layout);
    const timer = `ready:${this.#nextWorker - 1}`;
    this.#want({ effect: "set-timer", timer, delay: this.#startTimeout });
  }

  /** Starts workers in slots that have none and wait for none. */
  fillSlots(layout: Layout): void {
    for (const slot of slotsOf(layout)) {
      const alive = this.#inSlot(slot).some((one) => one.state !== "draining");
      if (!alive && !this.#pausing.has(slotName(slot))) this.#startReplacement(slot, layout);
    }
  }

  /** The pause of a slot is over. */
  pauseIsOver(name: string): void {
    this.#pausing.delete(name);
  }

  /** Forgets deaths and pauses: new workers deserve a new chance. */
  clearPauses(): void {
    for (const slot of this.#pausing) {
      this.#want({ effect: "clear-timer", timer: `restart:${slot}` });
    }
    this.#pausing.clear();
    this.#deaths.clear();
  }

  /** Starts a replacement for a worker that goes on until that is ready. */
  recycle(worker: WorkerRecord, reason: string, layout: Layout): void {
    if (this.#pausing.has(slotName(worker))) return;
    if (this.#inSlot(worker).some((one) => one.state === "starting")) return;
    this.#want({
      effect: "log",
      level: "info",
      text: `worker ${worker.id} is replaced: ${reason}`,
    });
    this.#startReplacement(worker, layout);
  }

  /** Has a worker finish and leave; one that is not ready yet has nothing to finish. */
  drain(id: number, reason: DrainReason, layout: Layout): void {
    const worker = this.#workers.get(id);
    if (worker === undefined || worker.state === "draining") return;
    if (worker.state === "starting") return this.kill(id);
    worker.state = "draining";
    const { reloadTimeout, stopTimeout } = layout.app;
    const timeout = reason === "stop" ? stopTimeout : reloadTimeout;
    this.#want({ effect: "drain", worker: id, timeout, reason });
    this.#limitDrain(id, timeout);
  }

  /** One that drains already for a reload has less time from now on. */
  drainForStop(layout: Layout | undefined): void {
    for (const worker of this.all) {
      if (worker.state === "starting" || layout === undefined) this.kill(worker.id);
      else {
        worker.state = "ready";
        this.drain(worker.id, "stop", layout);
      }
    }
  }

  /** The worker itself ends at `timeout`; one that hangs is ended a little later. */
  #limitDrain(id: number, timeout: number): void {
    const delay = nativeDelay(timeout + DRAIN_GRACE);
    this.#want({ effect: "set-timer", timer: `drain:${id}`, delay });
  }

  /** Ends a worker at once. */
  kill(id: number): void {
    this.#workers.get(id)!.state = "draining";
    this.#want({ effect: "kill", worker: id });
  }

  /** A worker's time is up. */
  overdue(id: number): void {
    if (!this.#workers.has(id)) return;
    this.#want({ effect: "log", level: "warn", text: `worker ${id} hangs and is killed` });
    this.#want({ effect: "kill", worker: id });
  }

  #inSlot({ group, slot }: Slot): WorkerRecord[] {
    return this.all.filter((one) => one.group === group && one.slot === slot);
  }
}

function slotsOf(layout: Layout): Slot[] {
  return layout.groups.flatMap(({ key, workers }) =>
    Array.from({ length: workers }, (_, slot) => ({ group: key, slot }))
  );
}

function slotName({ group, slot }: Slot): string {
  return `${group}#${slot}`;
}
