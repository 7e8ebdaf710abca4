/**
 * Brings the state machine into every state that a few events lead to, and passes it every event in
 * each, including late ones and those of ended workers. The invariants are checked after each step,
 * also after a new supervisor has taken over.
 */

import { assert, assertEquals } from "@std/assert";
import type { SupervisorEvent, WorkerRecord } from "../../src/supervisor/machine/events.ts";
import { timerName } from "../../src/supervisor/machine/timers.ts";
import {
  exited,
  LAYOUT,
  loaded,
  loadedWithDelay,
  opened,
  prepared,
  ready,
  recycles,
  reload,
  request,
  Script,
  STARTED,
} from "./script.ts";

/** The most events that lead to a state, starting when it serves. */
const DEPTH = 9;

/** The most states. Each is reached by its shortest way. */
const STATES = 4_000;

type Step = SupervisorEvent | "restore";

/** A machine, and the checks of its invariants. */
class Walk {
  readonly script = new Script();
  /** How many outcomes each requester has got. */
  readonly outcomes = new Map<number, number>();
  readonly gone = new Set<number>();
  readonly #killed = new Set<number>();
  /** Workers that were started for a rollout. */
  readonly #rolledOut = new Set<number>();
  #nextRequester = 1;
  /** Effects that another process is carrying out. */
  #describing = false;
  #opening: number | undefined;
  #executing = false;
  exits = 0;

  constructor(steps: Step[]) {
    for (const step of steps) this.step(step);
  }

  step(step: Step): void {
    const { workers } = this.script.machine;
    if (step === "restore") {
      // The end of the connection has informed the client.
      for (const requester of this.outcomes.keys()) this.gone.add(requester);
      this.#describing = this.#executing = false;
      this.#opening = undefined;
      this.script.restore();
    } else {
      if (step.event === "request" && step.request.requester !== undefined) {
        this.outcomes.set(step.request.requester, 0);
        this.#nextRequester++;
      } else if (step.event === "requester-gone") this.gone.add(step.requester);
      else if (step.event === "loaded" || step.event === "load-failed") {
        this.#describing = false;
      } else if (step.event === "opened" || step.event === "open-failed") this.#opening = undefined;
      else if (step.event === "execute-failed") this.#executing = false;
      this.script.tell(step);
    }
    this.#note(workers, step !== "restore" && step.event === "opened");
  }

  #note(before: WorkerRecord[], opened: boolean): void {
    for (const effect of this.script.take()) {
      switch (effect.effect) {
        case "load":
          this.#describing = true;
          break;
        case "cancel-load":
          this.#describing = false;
          break;
        case "open":
          this.#opening = effect.generation;
          break;
        case "execute":
          this.#executing = true;
          break;
        case "exit":
          this.exits++;
          break;
        case "spawn":
          if (opened) this.#rolledOut.add(effect.worker.id);
          break;
        case "kill":
          this.#killed.add(effect.worker);
          break;
        case "drain":
          if (effect.reason === "reload") this.#checkSuccessor(effect.worker);
          break;
        case "outcome":
          for (const one of effect.requesters) {
            this.outcomes.set(one, (this.outcomes.get(one) ?? 0) + 1);
          }
          break;
        case "serve":
          this.#checkServe(before.find(({ id }) => id === effect.worker)!);
      }
    }
  }

  #checkSuccessor(worker: number): void {
    const { workers } = this.script.machine;
    const { slot, generation } = workers.find(({ id }) => id === worker)!;
    const next = workers.some((one) =>
      one.slot === slot && one.generation > generation && one.state === "ready"
    );
    assert(next, `worker ${worker} leaves, and no new one serves in slot ${slot}`);
  }

  #checkServe({ id, generation }: WorkerRecord): void {
    if (!this.#rolledOut.has(id)) return;
    const early = this.script.machine.workers.filter((one) =>
      one.generation === generation && one.state === "starting" && this.#rolledOut.has(one.id)
    );
    assertEquals(early, [], "a worker accepts before all of its rollout are prepared");
  }

  /** What can happen next. */
  get events(): Step[] {
    const { machine, timers } = this.script;
    const steps: Step[] = [
      { event: "start" },
      request("reload", this.#nextRequester),
      request("upgrade", this.#nextRequester),
      request("restart", this.#nextRequester),
      request("stop", this.#nextRequester),
      request("stop"),
      request("stop", this.#nextRequester, true),
      request("wait", this.#nextRequester),
      request("reload"),
      reload(this.#nextRequester, { batch: 1 }),
      reload(this.#nextRequester, { batch: 1, canary: 1 }),
      request("abort", this.#nextRequester),
      // Events of ended workers and rollouts.
      prepared(999),
      ready(999),
      exited(999),
      opened(999),
      { event: "open-failed", generation: 999, reason: "EACCES" },
      ...timers.values(),
    ];
    for (const { id } of machine.workers) {
      steps.push(prepared(id), ready(id), recycles(id), exited(id));
    }
    for (const [requester, outcomes] of this.outcomes) {
      if (outcomes === 0) steps.push({ event: "requester-gone", requester });
    }
    if (this.#describing) {
      steps.push(loaded, { event: "load-failed", reason: "it throws" });
    }
    if (this.#opening !== undefined) {
      const generation = this.#opening;
      steps.push(opened(generation), { event: "open-failed", generation, reason: "EACCES" });
    }
    if (this.#executing) steps.push({ event: "execute-failed", reason: "ENOENT" });
    if (machine.phase === "upgrading") steps.push("restore");
    return steps;
  }

  /** Equal states behave in the same way. Numbers that only count up are left out. */
  get signature(): string {
    const { machine, timers } = this.script;
    const newest = Math.max(0, ...machine.workers.map((one) => one.generation));
    const place = (id: number) => machine.workers.findIndex((one) => one.id === id);
    return JSON.stringify([
      machine.phase,
      machine.rollout,
      machine.workers.map((one) => [one.slot, one.state, newest - one.generation]),
      [...timers.values()].map((event) => {
        if (event.event !== "timeout") return "";
        return "worker" in event.timer
          ? [event.timer.kind, place(event.timer.worker)]
          : timerName(event.timer);
      }).sort(),
      [...this.outcomes.values()].filter((count) => count === 0).length,
      this.#describing,
      this.#opening !== undefined,
      this.#executing,
      this.exits,
    ]);
  }

  /** The invariants. */
  check(): void {
    const { machine, timers } = this.script;
    const { phase, workers } = machine;
    const has = (kind: "ready" | "drain" | "stable", worker: number) =>
      timers.has(timerName({ kind, worker }));
    if (machine.rollout?.stage === "leaving") {
      assert(
        workers.some(({ state }) => state === "draining"),
        "a batch waits, but no old worker is left to wait for",
      );
    } else assertEquals(timers.has("rollout"), phase === "starting" || phase === "reloading");
    assertEquals(machine.rollout !== undefined, phase === "starting" || phase === "reloading");
    if (phase === "running" || phase === "reloading" || phase === "upgrading") this.#checkSlots();
    for (const { id, state, generation } of workers) {
      if (state === "draining") assert(has("drain", id) || this.#killed.has(id), `${id} may hang`);
      const inRollout = timers.has("rollout") &&
        generation === Math.max(...workers.map((one) => one.generation));
      if (state === "starting" || state === "opening") {
        assert(
          has("ready", id) || inRollout || this.#killed.has(id),
          `nothing limits how long ${id} takes to start`,
        );
      }
    }
    const living = new Set(workers.map(({ id }) => id));
    for (const event of timers.values()) {
      if (event.event !== "timeout" || !("worker" in event.timer)) continue;
      assert(living.has(event.timer.worker), `a timer is left of worker ${event.timer.worker}`);
    }
    if (phase === "stopping") assert(workers.length > 0, "it stops, and waits for nobody");
    const delays = timers.has("delay");
    if (delays) assertEquals(phase, "stopping");
    if (phase === "stopping" && !delays) {
      assert(workers.every(({ state }) => state === "draining"), "a worker is never told to leave");
    }
    if (phase === "restarting") assert(this.#executing, "it restarts, and nothing executes");
    if (phase === "upgrading") assert(this.#executing, "it upgrades, and nothing executes");
    assertEquals(this.exits, phase === "stopped" ? 1 : 0);
    for (const [requester, count] of this.outcomes) {
      assert(count <= 1, "someone was told two outcomes");
      const ended = phase === "stopped" && this.exits === 1;
      if (ended) assert(count === 1 || this.gone.has(requester), "someone was told nothing");
    }
  }

  #checkSlots(): void {
    const { machine, timers } = this.script;
    const [group] = LAYOUT.groups;
    for (let slot = 0; slot < group.workers; slot++) {
      const alive = machine.workers.some((one) => one.slot === slot && one.state !== "draining");
      const waits = timers.has(timerName({ kind: "restart", slot: `${group.key}#${slot}` }));
      assert(alive || waits, `nothing will ever start a worker in slot ${slot}`);
    }
  }
}

const START: Step[] = [{ event: "start" }];
const RUNNING: Step[] = [...STARTED];
const COMING: Step[] = [loaded, opened(2), prepared(3), prepared(4), ready(3)];

const FIRST_BATCH: Step[] = [reload(1, { batch: 1 }), loaded, opened(2), prepared(3), ready(3)];
const CANARY: Step[] = [reload(1, { canary: 1, batch: 1 }), ...FIRST_BATCH.slice(1)];

const DELAYED: Step[] = [STARTED[0], loadedWithDelay, ...STARTED.slice(2)];

/** The start states of the walks. */
const STATES_TO_BEGIN_IN: Record<string, Step[]> = {
  "before the start": [],
  "from the start on": START,
  "from where it serves": RUNNING,
  "from a reload on": [...RUNNING, request("reload", 1), ...COMING],
  "from a reload in batches on": [...RUNNING, ...FIRST_BATCH],
  "from its second batch on": [...RUNNING, ...FIRST_BATCH, exited(1)],
  "from a reload with a canary on": [...RUNNING, ...CANARY],
  "from a reload that stopped half-way on": [...RUNNING, ...FIRST_BATCH, request("abort", 2)],
  "from a stop with drainDelay on": [...DELAYED, request("stop", 1)],
  "from a restart with drainDelay on": [...DELAYED, request("restart", 1), loadedWithDelay],
  "from an upgrade on": [...RUNNING, request("upgrade", 1), ...COMING, ready(4)],
};

for (const [name, start] of Object.entries(STATES_TO_BEGIN_IN)) {
  Deno.test(`the state machine keeps its invariants in every random walk, ${name}`, () => {
    const seen = new Set<string>();
    let paths: Step[][] = [start];
    for (let depth = 0; depth < DEPTH && seen.size < STATES; depth++) {
      const next: Step[][] = [];
      for (const path of paths) {
        for (const step of new Walk(path).events) {
          if (seen.size >= STATES) break;
          const steps = [...path, step];
          const walk = walked(steps);
          if (seen.has(walk.signature)) continue;
          seen.add(walk.signature);
          next.push(steps);
        }
      }
      paths = next;
    }
    assert(seen.size > 100);
  });
}

/** Walks, and throws with the way if an invariant is violated. */
function walked(steps: Step[]): Walk {
  try {
    const walk = new Walk(steps);
    walk.check();
    return walk;
  } catch (error) {
    const way = steps.map((step) =>
      JSON.stringify(step, (key, value) => {
        return key === "layout" ? undefined : value;
      })
    );
    throw new Error(`after\n${way.join("\n")}`, { cause: error });
  }
}
