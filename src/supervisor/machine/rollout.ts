/**
 * Brings a new set of workers into service. First all of them load the app, then all of them accept
 * connections, then they take over. Until then, the old workers continue.
 *
 * @module
 */

import type { Effect, WorkerRecord } from "./events.ts";
import type { Layout } from "./layout.ts";
import { isServing, slotsOf, type WorkerTable } from "./worker_table.ts";

/** The progress of a rollout. */
type Stage = "loading" | "opening" | "starting" | "serving";

/** Options of {@linkcode Rollout}. */
export interface RolloutOptions {
  /** The generation of its workers. */
  generation: number;
  /** The current layout, if any. */
  before?: Layout;
  workers: WorkerTable;
  want: (...effects: Effect[]) => void;
  /** Reports progress to requesters. */
  progress: (text: string) => void;
  /** The time limit of each stage, in ms. */
  startTimeout: number;
}

/** A new set of workers that goes into service. */
export class Rollout {
  readonly generation: number;
  readonly #options: RolloutOptions;
  #stage: Stage = "loading";
  #layout: Layout | undefined;

  /** Starts to load the app. */
  constructor(options: RolloutOptions) {
    this.#options = options;
    this.generation = options.generation;
    options.progress("loading the app");
    options.want({ effect: "load" });
    this.#limitStage();
  }

  /** True until the app is loaded. */
  get isLoading(): boolean {
    return this.#stage === "loading";
  }

  /** The new layout, known when the app is loaded. */
  get layout(): Layout | undefined {
    return this.#layout;
  }

  /** True for one of its workers. */
  has(worker: WorkerRecord): boolean {
    return worker.generation === this.generation;
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
    this.#stage = "starting";
    const slots = slotsOf(this.#layout!);
    this.#options.progress(`starting ${slots.length} worker${slots.length === 1 ? "" : "s"}`);
    this.#limitStage();
    for (const slot of slots) this.#options.workers.spawn(slot, this.generation, this.#layout!);
  }

  /** A worker has loaded the app. When all have, they start to accept connections. */
  prepared(worker: WorkerRecord): void {
    worker.state = "prepared";
    const { workers } = this.#options;
    const all = workers.of(this.generation);
    if (all.some(({ state }) => state !== "prepared")) return;
    this.#stage = "serving";
    for (const one of all) workers.serve(one);
  }

  /**
   * A worker accepts connections.
   *
   * @returns True if all do.
   */
  ready(worker: WorkerRecord): boolean {
    worker.state = "ready";
    if (this.#options.workers.of(this.generation).some(({ state }) => state !== "ready")) {
      return false;
    }
    this.#clearLimit();
    return true;
  }

  /** What is late when the time of a stage is up. */
  get overdue(): string {
    const time = `within ${this.#options.startTimeout} ms`;
    if (this.#stage === "loading") return `the app did not load ${time}`;
    if (this.#stage === "opening") return `the sockets were not opened ${time}`;
    const waiting = this.#stage === "starting" ? "starting" : "opening";
    const late = this.#options.workers.of(this.generation).find(({ state }) => state === waiting);
    return `worker ${late?.id} did not get ready ${time}`;
  }

  /** Cancels it. Workers that may have connections finish them. */
  callOff(): void {
    const { want, workers } = this.#options;
    if (this.#stage === "loading") want({ effect: "cancel-load" });
    this.#clearLimit();
    for (const worker of workers.of(this.generation)) {
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
