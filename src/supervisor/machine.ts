/**
 * The supervisor's decisions: one state machine, told of events, wanting effects. It touches neither
 * processes nor sockets nor the clock.
 *
 * The rules it keeps:
 *
 * - old workers serve until all new ones are ready, whatever happens to the new ones;
 * - one request at a time: others wait their turn, and a stop goes before all;
 * - every slot of the layout has its worker, or a timer that will start one.
 *
 * @module
 */

import type { Effect, MachineState, Request, SupervisorEvent, WorkerRecord } from "./events.ts";
import type { Layout } from "./layout.ts";
import { WorkerTable } from "./worker_table.ts";

/** How long the app may take to load, and after that a worker to get ready, in ms, by default. */
export const DEFAULT_START_TIMEOUT = 30_000;

/** Where the supervisor is. */
export type Phase = "new" | "starting" | "running" | "reloading" | "stopping" | "stopped";

/** The state machine. */
export class SupervisorMachine {
  #phase: Phase = "new";
  #layout: Layout | undefined;
  #nextLayout: Layout | undefined;
  #reloads = 0;
  #upgrades = 0;
  #restarting = false;
  readonly #workers: WorkerTable;
  /** The first is being worked on. Those alike share a place. */
  #queue: { command: Request["command"]; requesters: number[] }[] = [];
  #effects: Effect[] = [];
  readonly #startTimeout: number;

  /** @param startTimeout How long the app may take to load, and a worker to get ready, in ms. */
  constructor(startTimeout: number = DEFAULT_START_TIMEOUT) {
    this.#startTimeout = startTimeout;
    this.#workers = new WorkerTable((...effects) => this.#want(...effects), startTimeout);
  }

  /** Where it is. */
  get phase(): Phase {
    return this.#phase;
  }

  /** What is served now. */
  get layout(): Layout | undefined {
    return this.#layout;
  }

  /** How many reloads have succeeded. */
  get reloads(): number {
    return this.#reloads;
  }

  /** How many upgrades have. */
  get upgrades(): number {
    return this.#upgrades;
  }

  /** The workers that live. */
  get workers(): WorkerRecord[] {
    return this.#workers.all;
  }

  /** What a new image is to go on with. */
  save(): MachineState {
    return {
      layout: this.#layout!,
      reloads: this.#reloads,
      upgrades: this.#upgrades + 1,
      ...this.#workers.save(),
    };
  }

  /** Goes on where another image left off. */
  restore(state: MachineState): Effect[] {
    this.#phase = "running";
    this.#layout = state.layout;
    this.#reloads = state.reloads;
    this.#upgrades = state.upgrades;
    this.#workers.restore(state);
    this.#want({ effect: "announce", state: "ready" });
    this.#next();
    return this.#take();
  }

  /** Tells the machine what happened; returns what is to be done, in this order. */
  handle(event: SupervisorEvent): Effect[] {
    switch (event.event) {
      case "start":
        this.#phase = "starting";
        this.#beginDescribing();
        break;
      case "request":
        this.#request(event.request);
        break;
      case "described":
        this.#described(event.layout);
        break;
      case "opened":
        this.#opened();
        break;
      case "describe-failed":
      case "open-failed":
        this.#callOff(event.reason);
        break;
      case "worker-ready":
        this.#workerReady(event.worker);
        break;
      case "worker-recycles":
        this.#recycle(event.worker, event.reason);
        break;
      case "worker-exited":
        this.#workerExited(event.worker, event.reason);
        break;
      case "timeout":
        this.#timeout(event.timer);
        break;
      case "execute-failed":
        this.#finish(false, `Cannot upgrade the supervisor: ${event.reason}`);
        break;
    }
    return this.#take();
  }

  #want(...effects: Effect[]): void {
    this.#effects.push(...effects);
  }

  #take(): Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  // Requests

  #request({ command, requester, now }: Request): void {
    const requesters = requester === undefined ? [] : [requester];
    if (this.#phase === "stopping") return this.#requestWhileStopping(command, requesters, now);
    if (command === "stop" || command === "restart") {
      return this.#stop(command, requesters, now === true);
    }
    const alike = this.#queue.slice(this.#busy ? 1 : 0).find((one) => one.command === command);
    if (alike) alike.requesters.push(...requesters);
    else this.#queue.push({ command, requesters });
    this.#next();
  }

  get #busy(): boolean {
    return this.#phase === "starting" || this.#phase === "reloading";
  }

  #requestWhileStopping(command: Request["command"], requesters: number[], now = false): void {
    if (command !== "stop") {
      const text = `Cannot ${command}: the supervisor is stopping`;
      return this.#want({ effect: "outcome", requesters, ok: false, text });
    }
    this.#queue.push({ command, requesters });
    // A second signal means: at once. A second command waits, unless it says so too.
    if (now || requesters.length === 0) this.#killAll();
  }

  /** Begins with the next request, where nothing is in hand. */
  #next(): void {
    while (this.#phase === "running" && this.#queue.length > 0) {
      const { command, requesters } = this.#queue[0];
      if (command === "wait") {
        this.#queue.shift();
        this.#want({ effect: "outcome", requesters, ok: true, text: "ready" });
        continue;
      }
      this.#phase = "reloading";
      this.#want({ effect: "announce", state: "reloading" });
      this.#beginDescribing();
    }
  }

  get #requesters(): number[] {
    // Those who wait for a start to succeed hear how it goes as well.
    return this.#phase === "starting"
      ? this.#queue.flatMap((one) => one.requesters)
      : this.#queue[0]?.requesters ?? [];
  }

  #progress(text: string): void {
    this.#want({ effect: "progress", requesters: this.#requesters, text });
  }

  #finish(ok: boolean, text: string): void {
    const requesters = this.#queue.shift()?.requesters ?? [];
    this.#want({ effect: "log", level: ok ? "info" : "error", text });
    this.#want({ effect: "outcome", requesters, ok, text });
    this.#phase = "running";
    this.#want({ effect: "announce", state: "ready" });
    this.#next();
  }

  // A generation: describing, opening, spawning, ready

  #beginDescribing(): void {
    this.#progress("loading the app");
    this.#want({ effect: "describe" });
    this.#want({ effect: "set-timer", timer: "describe", delay: this.#startTimeout });
  }

  #described(layout: Layout): void {
    this.#want({ effect: "clear-timer", timer: "describe" });
    if (!this.#busy) return;
    this.#nextLayout = layout;
    this.#want({ effect: "open", layout });
  }

  #opened(): void {
    const layout = this.#nextLayout;
    if (!this.#busy || layout === undefined) return;
    this.#workers.generation++;
    const count = layout.groups.reduce((sum, group) => sum + group.workers, 0);
    this.#progress(`starting ${count} worker${count === 1 ? "" : "s"}`);
    this.#want({ effect: "set-timer", timer: "generation", delay: this.#startTimeout });
    for (const group of layout.groups) {
      for (let slot = 0; slot < group.workers; slot++) this.#workers.spawn(group.key, slot, layout);
    }
  }

  get #spawning(): boolean {
    return this.#busy && this.#nextLayout !== undefined;
  }

  #workerReady(id: number): void {
    const worker = this.#workers.get(id);
    if (worker?.state !== "starting") return;
    worker.state = "ready";
    this.#want({ effect: "clear-timer", timer: `ready:${id}` });
    if (!this.#isNew(worker)) return this.#workers.settle(worker, this.#layout!);
    if (!this.#workers.newest.some((one) => one.state === "starting")) this.#commit();
  }

  /** True for a worker of the generation that is being started. */
  #isNew(worker: WorkerRecord): boolean {
    return this.#spawning && worker.generation === this.#workers.generation;
  }

  /** All new workers are ready: they take over. */
  #commit(): void {
    const first = this.#phase === "starting";
    this.#want({ effect: "clear-timer", timer: "generation" });
    this.#layout = this.#nextLayout!;
    this.#nextLayout = undefined;
    this.#workers.clearPauses();
    for (const { id, generation } of this.workers) {
      if (generation !== this.#workers.generation) this.#workers.drain(id, "reload", this.#layout);
    }
    this.#want({ effect: "close", layout: this.#layout });
    if (first) {
      this.#phase = "running";
      this.#want({ effect: "announce", state: "ready" });
      return this.#next();
    }
    this.#reloads++;
    if (this.#queue[0].command !== "upgrade") return this.#finish(true, "reloaded");
    this.#progress("handing over to the new supervisor");
    this.#want({ effect: "execute", fresh: false });
  }

  /** The new generation is given up; the old one was never disturbed. */
  #callOff(reason: string): void {
    if (!this.#busy) return;
    const first = this.#phase === "starting";
    this.#stopWaiting();
    if (this.#nextLayout !== undefined) {
      for (const worker of this.#workers.newest) this.#workers.kill(worker.id);
      this.#nextLayout = undefined;
    }
    this.#want({ effect: "close", layout: this.#layout });
    if (first) return this.#startFailed(reason);
    this.#finish(false, `${capitalized(this.#queue[0].command)} called off: ${reason}`);
    if (this.#phase === "running") this.#workers.fillSlots(this.#layout!);
  }

  #stopWaiting(): void {
    this.#want({ effect: "cancel-describe" });
    this.#want({ effect: "clear-timer", timer: "describe" });
    this.#want({ effect: "clear-timer", timer: "generation" });
  }

  #startFailed(reason: string): void {
    const text = `Cannot start: ${reason}`;
    this.#want({ effect: "log", level: "error", text });
    this.#want({ effect: "outcome", requesters: this.#requesters, ok: false, text });
    this.#phase = "stopped";
    this.#want({ effect: "exit", code: 1 });
  }

  // Single workers

  #workerExited(id: number, reason: string): void {
    const worker = this.#workers.get(id);
    if (worker === undefined) return;
    this.#workers.forget(id);
    if (this.#phase === "stopping") return this.#stopWhenEmpty();
    if (worker.state === "draining") {
      return this.#want({ effect: "log", level: "info", text: `worker ${id} has left` });
    }
    if (this.#isNew(worker)) return this.#callOff(`worker ${id} ${reason}`);
    this.#want({ effect: "log", level: "error", text: `worker ${id} ${reason}` });
    if (this.#phase === "running") this.#workers.replace(worker, this.#layout!);
  }

  #recycle(id: number, reason: string): void {
    const worker = this.#workers.get(id);
    if (this.#phase !== "running" || worker?.state !== "ready") return;
    this.#workers.recycle(worker, reason, this.#layout!);
  }

  #timeout(timer: string): void {
    const [kind, rest] = splitOnce(timer);
    const id = Number(rest);
    switch (kind) {
      case "describe":
        return this.#callOff(`the app did not load within ${this.#startTimeout} ms`);
      case "generation": {
        const late = this.#workers.newest.find((one) => one.state === "starting");
        return this.#callOff(
          `worker ${late?.id} did not get ready within ${this.#startTimeout} ms`,
        );
      }
      case "settled":
        return this.#workers.settled(id);
      case "restart":
        this.#workers.pauseIsOver(rest);
        if (this.#phase === "running") this.#workers.fillSlots(this.#layout!);
        return;
      case "ready":
      case "drain":
        return this.#workers.overdue(id);
    }
  }

  // Stopping

  #stop(command: "stop" | "restart", requesters: number[], now: boolean): void {
    const verb = command === "stop" ? "stopping" : "restarting";
    for (const { command, requesters } of this.#queue) {
      const text = `Cannot ${command}: the supervisor is ${verb}`;
      this.#want({ effect: "outcome", requesters, ok: false, text });
    }
    this.#queue = [{ command, requesters }];
    this.#restarting = command === "restart";
    this.#phase = "stopping";
    this.#nextLayout = undefined;
    this.#workers.clearPauses();
    this.#stopWaiting();
    this.#want({ effect: "announce", state: "stopping" });
    this.#want({ effect: "log", level: "info", text: verb });
    this.#progress(verb);
    if (now) this.#killAll();
    else this.#workers.drainForStop(this.#layout);
    this.#stopWhenEmpty();
  }

  #killAll(): void {
    for (const worker of this.workers) this.#workers.kill(worker.id);
  }

  #stopWhenEmpty(): void {
    if (this.workers.length > 0) return;
    this.#phase = "stopped";
    this.#want({ effect: "close" });
    if (this.#restarting) return this.#want({ effect: "execute", fresh: true });
    this.#want({ effect: "log", level: "info", text: "stopped" });
    for (const { requesters } of this.#queue) {
      this.#want({ effect: "outcome", requesters, ok: true, text: "stopped" });
    }
    this.#want({ effect: "exit", code: 0 });
  }
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf(":");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function capitalized(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}
