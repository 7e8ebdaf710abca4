/**
 * The supervisor's decisions: a state machine from events to effects. It does not use processes,
 * sockets or clocks. Its rules:
 *
 * - workers serve until their replacements do, whatever happens to the new ones;
 * - one request at a time: others wait for their turn, and a stop has priority;
 * - every slot of the layout has a worker, or a timer that starts one, unless the service stops.
 *
 * @module
 */

import { Ending } from "./ending.ts";
import type {
  Effect,
  MachineOptions,
  MachineState,
  Phase,
  Request,
  RolloutStatus,
  SupervisorEvent,
  WorkerRecord,
} from "./events.ts";
import { haveSameSlots, type Layout } from "./layout.ts";
import type { MachineTimer } from "./timers.ts";
import { queued, type QueuedRequest, RequestQueue, titleOf } from "./request_queue.ts";
import { Rollout } from "./rollout.ts";
import { type PausedSlot, type Slot, WorkerTable } from "./worker_table.ts";

/** The default time for loading the app, and then for a worker to become ready, in ms. */
const DEFAULT_START_TIMEOUT = 30_000;

/** The state machine. */
export class SupervisorMachine {
  /** The phase until the end begins. */
  #phase: Exclude<Phase, "stopping" | "restarting" | "stopped"> = "new";
  #layout: Layout | undefined;
  #rollout: Rollout | undefined;
  /** The generation of the workers that serve. */
  #generation = 0;
  /** The newest generation, whether or not it has succeeded. */
  #lastGeneration = 0;
  #reloads = 0;
  #upgrades = 0;
  readonly #ending: Ending;
  readonly #workers: WorkerTable;
  readonly #queue = new RequestQueue();
  readonly #effects: Effect[] = [];
  readonly #startTimeout: number;
  readonly #mayDetach: boolean;

  constructor({ startTimeout = DEFAULT_START_TIMEOUT, mayDetach = false }: MachineOptions = {}) {
    this.#startTimeout = startTimeout;
    this.#mayDetach = mayDetach;
    const want = (...effects: Effect[]) => this.#want(...effects);
    this.#workers = new WorkerTable(want, startTimeout);
    this.#ending = new Ending({
      workers: this.#workers,
      queue: this.#queue,
      want,
      interrupt: () => this.#interrupt(),
    });
  }

  /** The current phase. */
  get phase(): Phase {
    return this.#ending.phase ?? this.#phase;
  }

  /** The current layout. */
  get layout(): Layout | undefined {
    return this.#layout;
  }

  /** How many reloads have succeeded. */
  get reloads(): number {
    return this.#reloads;
  }

  /** How many upgrades have succeeded. */
  get upgrades(): number {
    return this.#upgrades;
  }

  /** The running workers. */
  get workers(): WorkerRecord[] {
    return this.#workers.all;
  }

  /** The progress of a reload, if one is in progress. */
  get rollout(): RolloutStatus | undefined {
    return this.#rollout?.status;
  }

  /** The slots that wait for a worker. */
  get paused(): PausedSlot[] {
    return this.#workers.paused;
  }

  /** The state for a new supervisor. */
  save(): MachineState {
    return {
      layout: this.#layout!,
      generation: this.#generation,
      reloads: this.#reloads,
      upgrades: this.#upgrades + 1,
      signalled: this.#queue.signalled,
      ...this.#workers.save(),
    };
  }

  /** Continues with the state of the previous supervisor. */
  restore(state: MachineState): Effect[] {
    this.#phase = "running";
    this.#layout = state.layout;
    this.#generation = this.#lastGeneration = state.generation;
    this.#reloads = state.reloads;
    this.#upgrades = state.upgrades;
    this.#workers.restore(state);
    this.#workers.fillSlots(this.#generation, this.#layout);
    this.#want({ effect: "announce", state: "ready" });
    for (const command of state.signalled ?? []) this.#queue.add({ command });
    this.#next();
    return this.#take();
  }

  /** Handles an event; returns the effects, in order. */
  handle(event: SupervisorEvent): Effect[] {
    this.#decide(event);
    return this.#take();
  }

  #decide(event: SupervisorEvent): void {
    switch (event.event) {
      case "start":
        if (this.#phase === "new") this.#beginRollout("starting");
        return;
      case "request":
        return this.#request(event.request);
      case "requester-gone":
        return this.#queue.abandon(event.requester);
      case "loaded":
        return this.#loaded(event.layout);
      case "opened":
        return this.#opened(event.generation);
      case "load-failed":
        if (this.#rollout?.isLoading) this.#callOff(event.reason);
        return;
      case "open-failed":
        if (event.generation === this.#rollout?.generation) this.#callOff(event.reason);
        return;
      case "worker-prepared":
        return this.#workerPrepared(event.worker);
      case "worker-ready":
        return this.#workerReady(event.worker);
      case "worker-recycles":
        return this.#recycle(event.worker, event.reason);
      case "worker-exited":
        return this.#workerExited(event.worker, event.reason);
      case "timeout":
        return this.#timeout(event.timer);
      case "execute-failed":
        return this.#executeFailed(event.reason);
    }
  }

  #want(...effects: Effect[]): void {
    this.#effects.push(...effects);
  }

  #take(): Effect[] {
    return this.#effects.splice(0);
  }

  // Requests

  #request(request: Request): void {
    if (request.command === "stop") return this.#ending.stop(request);
    if (this.#isEnding) return this.#ending.refuse(queued(request));
    if (request.command === "abort") return this.#abort(queued(request));
    this.#queue.add(request);
    this.#next();
  }

  get #isEnding(): boolean {
    return this.#ending.phase !== undefined;
  }

  /** Starts the next request, if nothing is in progress. */
  #next(): void {
    while (this.phase === "running" && this.#queue.first !== undefined) {
      if (this.#queue.first.command === "wait") {
        const { requesters } = this.#queue.shift()!;
        this.#want({ effect: "outcome", requesters, ok: true, text: "ready" });
        continue;
      }
      this.#queue.inHand = true;
      this.#want({ effect: "announce", state: "reloading" });
      this.#beginRollout("reloading");
    }
  }

  /** Calls off what is in progress. What waits begins then. */
  #abort({ requesters }: QueuedRequest): void {
    const ok = this.#phase === "reloading";
    const text = ok ? "called off" : "Cannot abort: no reload is in progress";
    this.#want({ effect: "outcome", requesters, ok, text });
    if (ok) this.#callOff("goer reload --abort");
  }

  #progress(text: string): void {
    // Clients that wait for the start also get its progress.
    const queue = this.#phase === "starting" ? this.#queue : this.#queue.first;
    const requesters = queue?.requesters ?? [];
    this.#want({ effect: "progress", requesters, text });
  }

  #finish(ok: boolean, text: string): void {
    const { requesters } = this.#queue.shift()!;
    const level = ok ? "info" : "error";
    this.#want({ effect: "log", level, text }, { effect: "outcome", requesters, ok, text });
    this.#phase = "running";
    this.#want({ effect: "announce", state: "ready" });
    this.#next();
  }

  // Rollouts

  #beginRollout(phase: "starting" | "reloading"): void {
    this.#phase = phase;
    this.#rollout = new Rollout({
      generation: ++this.#lastGeneration,
      before: this.#layout,
      workers: this.#workers,
      want: (...effects) => this.#want(...effects),
      progress: (text) => this.#progress(text),
      startTimeout: this.#startTimeout,
      plan: phase === "starting" ? undefined : this.#queue.first!.plan,
      onReplaced: (last) => this.#replaced(last),
    });
  }

  #loaded(layout: Layout): void {
    if (!this.#rollout?.isLoading) return;
    const starting = this.#phase === "starting";
    if (starting && layout.app.daemon && this.#mayDetach) return this.#detach();
    const { command, plan } = this.#queue.first ?? {};
    if (starting || command !== "restart") {
      if (plan === undefined || haveSameSlots(layout, this.#layout!)) {
        return this.#rollout.loaded(layout);
      }
      return this.#callOff(
        "the app has other addresses or another number of workers, so all workers have to be " +
          "replaced at once: reload without --batch and --canary",
      );
    }
    // The app can be loaded. Only now does the restart give anything up.
    this.#ending.begin(this.#queue.shift()!);
    this.#ending.workerLeft();
  }

  #opened(generation: number): void {
    if (generation === this.#rollout?.generation) return this.#rollout.opened();
    // It was cancelled meanwhile, so the opened sockets are not needed.
    this.#want({ effect: "close", layout: this.#layout });
  }

  /** New workers serve, and the old ones leave. @param last True if all are new. */
  #replaced(last: boolean): void {
    const { generation, layout } = this.#rollout!;
    this.#layout = layout!;
    if (!last) return;
    this.#generation = generation;
    this.#rollout = undefined;
    this.#want({ effect: "close", layout: this.#layout });
    if (this.#phase === "starting") {
      this.#phase = "running";
      this.#want({ effect: "announce", state: "ready" });
      return this.#next();
    }
    this.#reloads++;
    if (this.#queue.first!.command !== "upgrade") return this.#finish(true, "reloaded");
    this.#phase = "upgrading";
    this.#progress("handing over to the new supervisor");
    this.#want({ effect: "execute", fresh: false });
  }

  /**
   * Gives up the new workers that have not replaced old ones. Those old ones were never disturbed.
   * Earlier batches stay, because their old code may not exist any more.
   */
  #callOff(reason: string): void {
    if (this.#rollout === undefined) return;
    const { generation, status: { replaced, workers } } = this.#rollout;
    this.#abandonRollout();
    this.#want({ effect: "close", layout: this.#layout });
    if (this.#phase === "starting") return this.#ending.fail(`Cannot start: ${reason}`);
    const title = titleOf(this.#queue.first!);
    if (replaced === 0) return this.#finish(false, `${title} cancelled: ${reason}`);
    this.#generation = generation;
    const text = `${title} stopped after ${replaced} of ${workers} workers: ${reason}. ` +
      "The others run the earlier code until the next reload";
    this.#finish(false, text);
  }

  #abandonRollout(): void {
    this.#rollout?.callOff();
    this.#rollout = undefined;
  }

  /** The service ends: gives up what is in progress. Returns the current layout. */
  #interrupt(): Layout | undefined {
    if (this.#phase === "upgrading") this.#want({ effect: "cancel-execute" });
    this.#phase = "running";
    this.#abandonRollout();
    return this.#layout;
  }

  /** The app asks to run in the background, where another process continues. */
  #detach(): void {
    this.#abandonRollout();
    this.#ending.end(false, "The app moves to the background: try again", { effect: "detach" });
  }

  /** No new supervisor has taken over. */
  #executeFailed(reason: string): void {
    if (this.phase === "restarting") return this.#ending.fail(`Cannot restart: ${reason}`);
    if (this.phase !== "upgrading") return;
    this.#finish(false, `Cannot upgrade the supervisor: ${reason}`);
  }

  // Single workers

  #workerPrepared(id: number): void {
    const worker = this.#workers.get(id);
    // The previous supervisor told it to serve, but the order was lost.
    if (worker?.state === "opening") return this.#workers.serve(worker);
    if (worker?.state !== "starting") return;
    if (this.#rollout?.has(worker)) this.#rollout.prepared(worker);
    else this.#workers.serve(worker);
  }

  #workerReady(id: number): void {
    const worker = this.#workers.get(id);
    if (worker?.state !== "opening") return;
    if (this.#rollout?.has(worker)) this.#rollout.ready(worker);
    else this.#workers.takeSlot(worker, this.#layout!);
  }

  #workerExited(id: number, reason: string): void {
    const worker = this.#workers.get(id);
    if (worker === undefined) return;
    this.#workers.forget(id);
    if (this.#isEnding) return this.#ending.workerLeft();
    if (worker.state === "draining") {
      this.#want({ effect: "log", level: "info", text: `worker ${id} has left` });
      return this.#rollout?.workerLeft();
    }
    const text = `worker ${id} ${reason}`;
    const rollout = this.#rollout;
    if (rollout?.has(worker)) return this.#callOff(text);
    // The worker itself has logged its stack.
    this.#want({ effect: "log", level: "error", text: text.split("\n")[0] });
    this.#workers.replace(worker, text, this.#generationOf(worker), this.#layout!);
    // The new code is not as good as it seemed.
    if (worker.generation === rollout?.generation) this.#callOff(text);
  }

  /** The generation of a new worker in a slot. During a rollout, others are replaced as before. */
  #generationOf(slot: Slot): number {
    return this.#rollout?.hasReplaced(slot) ? this.#rollout.generation : this.#generation;
  }

  #recycle(id: number, reason: string): void {
    const worker = this.#workers.get(id);
    if (this.phase !== "running" || worker?.state !== "ready") return;
    this.#workers.recycle(worker, reason, this.#generation, this.#layout!);
  }

  #timeout(timer: MachineTimer): void {
    switch (timer.kind) {
      case "rollout":
        if (this.#rollout?.isWatching) return this.#rollout.watched();
        return this.#callOff(this.#rollout?.overdue ?? "");
      case "delay":
        return this.#ending.delayIsOver();
      case "stable":
        return this.#workers.stable(timer.worker);
      case "restart":
        if (this.#isEnding) return;
        return this.#workers.pauseIsOver(
          timer.slot,
          (slot) => this.#generationOf(slot),
          this.#layout!,
        );
      case "ready":
      case "drain":
        return this.#workers.overdue(timer.worker);
    }
  }
}
