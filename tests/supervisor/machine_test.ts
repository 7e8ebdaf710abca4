import { assertEquals } from "@std/assert";
import type { Effect, SupervisorEvent } from "../../src/supervisor/events.ts";
import { layoutOf } from "../../src/supervisor/layout.ts";
import { SupervisorMachine } from "../../src/supervisor/machine.ts";

const LAYOUT = layoutOf({
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

/** A machine, and all that it has wanted since it was last asked. */
class Script {
  readonly machine = new SupervisorMachine();
  #wanted: Effect[] = [];

  tell(...events: SupervisorEvent[]): this {
    for (const event of events) this.#wanted.push(...this.machine.handle(event));
    return this;
  }

  /** What was wanted, in short, without what only informs. */
  wanted(): string[] {
    const effects = this.#wanted;
    this.#wanted = [];
    return effects.flatMap((effect) => {
      switch (effect.effect) {
        case "spawn":
          return `spawn ${effect.worker.id} in ${effect.worker.slot}`;
        case "drain":
          return `drain ${effect.worker} for ${effect.reason}`;
        case "kill":
          return `kill ${effect.worker}`;
        case "outcome":
          return effect.requesters.map((one) => `${effect.ok ? "done" : "failed"} ${one}`);
        case "set-timer":
          return effect.timer.startsWith("restart") ? `pause ${effect.delay}` : [];
        case "execute":
          return effect.fresh ? "execute afresh" : "execute";
        case "exit":
          return `exit ${effect.code}`;
        case "describe":
        case "open":
          return effect.effect;
        default:
          return [];
      }
    });
  }

  running(): this {
    this.tell({ event: "start" }, { event: "described", layout: LAYOUT }, { event: "opened" });
    this.tell({ event: "worker-ready", worker: 1 }, { event: "worker-ready", worker: 2 });
    this.wanted();
    return this;
  }

  /** Running, with a reload under way whose workers 3 and 4 are starting. */
  reloading(command: "reload" | "upgrade" = "reload"): this {
    this.running();
    this.tell({ event: "request", request: { command, requester: 9 } });
    this.tell({ event: "described", layout: LAYOUT }, { event: "opened" });
    this.wanted();
    return this;
  }
}

const ready = (worker: number): SupervisorEvent => ({ event: "worker-ready", worker });
const exited = (worker: number): SupervisorEvent => ({
  event: "worker-exited",
  worker,
  reason: "exited with code 1",
});
const request = (
  command: "reload" | "upgrade" | "stop" | "restart" | "wait",
  requester?: number,
  now?: boolean,
): SupervisorEvent => ({ event: "request", request: { command, requester, now } });

/** State, what happens, what is wanted then. */
const TABLE: [string, () => Script, SupervisorEvent[], string[]][] = [
  ["a start describes, opens, spawns and is told done when all are ready", () => new Script(), [
    { event: "start" },
    request("wait", 1),
    { event: "described", layout: LAYOUT },
    { event: "opened" },
    ready(1),
    ready(2),
  ], ["describe", "open", "spawn 1 in 0", "spawn 2 in 1", "done 1"]],
  ["an app that does not load ends the start", () => new Script(), [
    { event: "start" },
    request("wait", 1),
    { event: "describe-failed", reason: "it throws" },
  ], ["describe", "failed 1", "exit 1"]],
  ["a worker that dies at the start takes the others along", () => new Script(), [
    { event: "start" },
    { event: "described", layout: LAYOUT },
    { event: "opened" },
    exited(1),
  ], ["describe", "open", "spawn 1 in 0", "spawn 2 in 1", "kill 2", "exit 1"]],
  ["an app that takes too long to load ends the start", () => new Script(), [
    { event: "start" },
    { event: "timeout", timer: "describe" },
  ], ["describe", "exit 1"]],
  ["a reload drains old workers when all new ones are ready", () => new Script().reloading(), [
    ready(3),
    ready(4),
  ], ["drain 1 for reload", "drain 2 for reload", "done 9"]],
  [
    "a reload does nothing to old workers before that",
    () => new Script().reloading(),
    [ready(3)],
    [],
  ],
  ["a new worker that dies calls the reload off", () => new Script().reloading(), [
    ready(3),
    exited(4),
  ], ["kill 3", "failed 9"]],
  ["a new worker that is late calls the reload off", () => new Script().reloading(), [
    ready(3),
    { event: "timeout", timer: "generation" },
  ], ["kill 3", "kill 4", "failed 9"]],
  ["an old worker that died meanwhile is replaced then", () => new Script().reloading(), [
    exited(1),
    exited(3),
  ], ["kill 4", "failed 9", "spawn 5 in 0"]],
  ["a second reload waits for the first", () => new Script().reloading(), [
    request("reload", 10),
    ready(3),
    ready(4),
  ], ["drain 1 for reload", "drain 2 for reload", "done 9", "describe"]],
  ["an upgrade executes when all new workers are ready", () => new Script().reloading("upgrade"), [
    ready(3),
    ready(4),
  ], ["drain 1 for reload", "drain 2 for reload", "execute"]],
  ["an upgrade that cannot execute is told", () => new Script().reloading("upgrade"), [
    ready(3),
    ready(4),
    { event: "execute-failed", reason: "ENOENT" },
  ], ["drain 1 for reload", "drain 2 for reload", "execute", "failed 9"]],
  [
    "a worker that dies is replaced at once, and later the second time",
    () => {
      return new Script().running();
    },
    [exited(1), exited(3)],
    ["spawn 3 in 0", "pause 250"],
  ],
  ["after the pause it is started", () => new Script().running().tell(exited(1), exited(3)), [
    { event: "timeout", timer: `restart:${LAYOUT.groups[0].key}#0` },
    exited(4),
  ], ["spawn 3 in 0", "pause 250", "spawn 4 in 0", "pause 500"]],
  ["a worker that recycles serves until its replacement is ready", () => new Script().running(), [
    { event: "worker-recycles", worker: 2, reason: "maxRequests" },
    ready(3),
  ], ["spawn 3 in 1", "drain 2 for recycle"]],
  ["a stop drains all and exits with the last", () => new Script().running(), [
    request("stop", 5),
    exited(1),
    exited(2),
  ], ["drain 1 for stop", "drain 2 for stop", "done 5", "exit 0"]],
  ["a second signal ends the rest at once", () => new Script().running(), [
    request("stop"),
    request("stop"),
  ], ["drain 1 for stop", "drain 2 for stop", "kill 1", "kill 2"]],
  ["stop --now waits for nobody", () => new Script().running(), [request("stop", 5, true)], [
    "kill 1",
    "kill 2",
  ]],
  ["a stop goes before a reload", () => new Script().reloading(), [request("stop", 5)], [
    "failed 9",
    "drain 1 for stop",
    "drain 2 for stop",
    "kill 3",
    "kill 4",
  ]],
  ["a reload while stopping is refused", () => new Script().running().tell(request("stop", 5)), [
    request("reload", 6),
  ], ["drain 1 for stop", "drain 2 for stop", "failed 6"]],
  ["a restart executes afresh when all have left", () => new Script().running(), [
    request("restart", 5),
    exited(1),
    exited(2),
  ], ["drain 1 for stop", "drain 2 for stop", "execute afresh"]],
  ["a worker that hangs in its drain is killed", () => new Script().running(), [
    request("stop", 5),
    { event: "timeout", timer: "drain:1" },
  ], ["drain 1 for stop", "drain 2 for stop", "kill 1"]],
];

for (const [name, state, events, expected] of TABLE) {
  Deno.test(name, () => {
    assertEquals(state().tell(...events).wanted(), expected);
  });
}
