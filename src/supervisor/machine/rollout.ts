/**
 * Brings a new set of workers into service: all at once, or in batches. First all workers of a batch
 * load the app, then all of them accept connections, then they replace the old ones in their slots.
 * Until then, the old ones continue.
 *
 * @module
 */

import type { Effect, RolloutStage, RolloutStatus, WorkerRecord } from "./events.ts";
import type { Layout } from "./layout.ts";
import type { ReloadPlan } from "../ipc/messages.ts";
import { isSameSlot, isServing, type Slot, slotsOf, type WorkerTable } from "./worker_table.ts";

/** How long canaries serve before the reload goes on, in ms: long enough to see a crash. */
const DEFAULT_WATCH = 30_000;

/** Options of {@linkcode Rollout}. */
export interface RolloutOptions {
  /** The generation of its workers. */
  generation: number;
  /** The current layout, if any. */
  before?: Layout;
  /** The batches. Default: one of all workers. */
  plan?: ReloadPlan;
  workers: WorkerTable;
  want: (...effects: Effect[]) => void;
  /** Reports progress to requesters. */
  progress: (text: string) => void;
  /** The time limit of each stage, in ms. */
  startTimeout: number;
  /** Called after each batch has replaced its old workers. @param last True if no slot is left. */
  onReplaced: (last: boolean) => void;
}

/** A new set of workers that goes into service. */
export class Rollout {
  readonly generation: number;
  readonly #options: RolloutOptions;
  #stage: RolloutStage = "loading";
  #layout: Layout | undefined;
  /** The slots of the later batches. */
  #waiting: Slot[] = [];
  /** The slots whose new workers have not replaced the old ones yet. */
  #batch: Slot[] = [];
  readonly #replaced: Slot[] = [];
  /** True until the canaries have served for long enough. */
  #watches: boolean;

  /** Starts to load the app. */
  constructor(options: RolloutOptions) {
    this.#options = options;
    this.generation = options.generation;
    this.#watches = options.plan?.canary !== undefined;
    options.progress("loading the app");
    options.want({ effect: "load" });
    this.#limitStage();
  }

  /** True until the app is loaded. */
  get isLoading(): boolean {
    return this.#stage === "loading";
  }

  /** True while new workers serve beside the old ones for a while. */
  get isWatching(): boolean {
    return this.#stage === "watching";
  }

  /** The new layout, known when the app is loaded. */
  get layout(): Layout | undefined {
    return this.#layout;
  }

  /** Its progress. */
  get status(): RolloutStatus {
    const replaced = this.#replaced.length;
    const workers = replaced + this.#batch.length + this.#waiting.length;
    return { stage: this.#stage, replaced, workers };
  }

  /** True for a worker of the current batch, which has not replaced an old one yet. */
  has(worker: WorkerRecord): boolean {
    return worker.generation === this.generation && isIn(this.#batch, worker);
  }

  /** True if the new worker of a slot has replaced the old one. */
  hasReplaced(slot: Slot): boolean {
    return isIn(this.#replaced, slot);
  }

  /** The app is loaded: opens its sockets. */
  loaded(layout: Layout): void {
    if (this.#stage !== "loading") return;
    this.#stage = "opening";
    this.#layout = layout;
    this.#limitStage();
    const { before, want } = this.#options;
    want({ effect: "open", layout, before, generation: this.generation });
  }

  /** The sockets are open: starts the workers. */
  opened(): void {
    if (this.#stage !== "opening") return;
    this.#waiting = slotsOf(this.#layout!);
    const { canary, batch } = this.#options.plan ?? {};
    this.#startBatch(canary ?? batch);
  }

  #startBatch(size: number = this.#waiting.length): void {
    const { progress, workers } = this.#options;
    this.#stage = "starting";
    this.#batch = this.#waiting.splice(0, size);
    const { replaced, workers: all } = this.status;
    const part = this.#batch.length === all ? "" : `, ${replaced} of ${all} are replaced`;
    progress(`starting ${counted(this.#batch.length)}${part}`);
    this.#limitStage();
    for (const slot of this.#batch) workers.spawn(slot, this.generation, this.#layout!);
  }

  /** The workers of the current batch. */
  get #starting(): WorkerRecord[] {
    return this.#options.workers.all.filter((worker) => this.has(worker));
  }

  /** A worker has loaded the app. When all of its batch have, they start to accept connections. */
  prepared(worker: WorkerRecord): void {
    worker.state = "prepared";
    const all = this.#starting;
    if (all.some(({ state }) => state !== "prepared")) return;
    this.#stage = "serving";
    for (const one of all) this.#options.workers.serve(one);
  }

  /** A worker accepts connections. When all of its batch do, they replace the old ones. */
  ready(worker: WorkerRecord): void {
    worker.state = "ready";
    if (this.#starting.some(({ state }) => state !== "ready")) return;
    if (this.#watches) this.#watch();
    else this.#replace();
  }

  /** The new workers serve beside the old ones. */
  #watch(): void {
    const { plan, progress, want } = this.#options;
    const { watch = DEFAULT_WATCH } = plan ?? {};
    this.#stage = "watching";
    this.#watches = false;
    const them = this.#batch.length === 1 ? "serves" : "serve";
    progress(`${counted(this.#batch.length)} ${them} beside the old ones for ${watch / 1000} s`);
    want({ effect: "set-timer", timer: { kind: "rollout" }, delay: watch });
  }

  /** They have served for long enough without a failure. */
  watched(): void {
    this.#replace();
  }

  /** The old workers of the batch leave. In the end, all old ones do. */
  #replace(): void {
    const { onReplaced, workers } = this.#options;
    this.#clearLimit();
    const last = this.#waiting.length === 0;
    workers.clearPauses(last ? undefined : this.#batch);
    for (const worker of workers.all) {
      const old = worker.generation !== this.generation;
      if (old && (last || isIn(this.#batch, worker))) {
        workers.drain(worker.id, "reload", this.#layout!);
      }
    }
    for (const worker of this.#starting) workers.takeSlot(worker, this.#layout!);
    this.#replaced.push(...this.#batch.splice(0));
    this.#stage = "leaving";
    onReplaced(last);
    if (!last) this.workerLeft();
  }

  /** A worker has left: the next batch may have the memory that it needs. */
  workerLeft(): void {
    if (this.#stage !== "leaving") return;
    const { plan, workers } = this.#options;
    const leaving = workers.all.some((one) =>
      one.generation !== this.generation && this.hasReplaced(one)
    );
    if (!leaving) this.#startBatch(plan?.batch);
  }

  /** What is late when the time of a stage is up. */
  get overdue(): string {
    const time = `within ${this.#options.startTimeout} ms`;
    if (this.#stage === "loading") return `the app did not load ${time}`;
    if (this.#stage === "opening") return `the sockets were not opened ${time}`;
    const waiting = this.#stage === "starting" ? "starting" : "opening";
    const late = this.#starting.find(({ state }) => state === waiting);
    return `worker ${late?.id} did not get ready ${time}`;
  }

  /** Cancels the rest of it. Workers that may have connections finish them. */
  callOff(): void {
    const { want, workers } = this.#options;
    if (this.#stage === "loading") want({ effect: "cancel-load" });
    this.#clearLimit();
    for (const worker of this.#starting) {
      if (isServing(worker)) workers.drain(worker.id, "recycle", this.#layout!);
      else workers.kill(worker.id);
    }
  }

  #limitStage(): void {
    const { want, startTimeout } = this.#options;
    want({ effect: "set-timer", timer: { kind: "rollout" }, delay: startTimeout });
  }

  #clearLimit(): void {
    this.#options.want({ effect: "clear-timer", timer: { kind: "rollout" } });
  }
}

function isIn(slots: Slot[], slot: Slot): boolean {
  return slots.some((one) => isSameSlot(one, slot));
}

function counted(workers: number): string {
  return `${workers} worker${workers === 1 ? "" : "s"}`;
}
