import { assertEquals } from "@std/assert";
import type { SupervisorEvent } from "../../src/supervisor/machine/events.ts";
import {
  exited,
  hangs,
  late,
  loaded,
  loadedDaemon,
  opened,
  pauseIsOver,
  prepared,
  ready,
  recycles,
  request,
  Script,
} from "./script.ts";

const TAKEN_OVER = [
  "serve 3",
  "serve 4",
  "drain 1 for reload",
  "drain 2 for reload",
];
const BOTH_READY = [prepared(3), prepared(4), ready(3), ready(4)];

/** What happens, in which state, and what is wanted then. */
const TABLE: [string, () => Script, SupervisorEvent[], string[]][] = [
  ["a start loads the app, opens, spawns and is told done when all are ready", () => new Script(), [
    { event: "start" },
    request("wait", 1),
    loaded,
    opened(1),
    prepared(1),
    prepared(2),
    ready(1),
    ready(2),
  ], [
    "load",
    "open at the start",
    "spawn 1 in 0",
    "spawn 2 in 1",
    "serve 1",
    "serve 2",
    "close the rest",
    "announce ready",
    "done 1",
  ]],
  ["an app that does not load ends the start", () => new Script(), [
    { event: "start" },
    request("wait", 1),
    { event: "load-failed", reason: "it throws" },
  ], ["load", "cancel-load", "close all", "failed 1", "exit 1"]],
  [
    "an app that asks for it is left to a process in the background",
    () => new Script({ mayDetach: true }),
    [{ event: "start" }, request("wait", 1), loadedDaemon, request("stop")],
    ["load", "cancel-load", "failed 1", "detach"],
  ],
  [
    "a process in the background serves such an app itself",
    () => new Script(),
    [{ event: "start" }, loadedDaemon],
    ["load", "open at the start"],
  ],
  [
    "an app that asks for the background at a reload is served where it is",
    () => new Script({ mayDetach: true }).running(),
    [request("reload", 9), loadedDaemon],
    ["announce reloading", "load", "open"],
  ],
  ["a worker that dies at the start takes the others along", () => new Script(), [
    { event: "start" },
    loaded,
    opened(1),
    exited(1),
  ], [
    "load",
    "open at the start",
    "spawn 1 in 0",
    "spawn 2 in 1",
    "kill 2",
    "close all",
    "exit 1",
  ]],
  ["an app that takes too long to load ends the start", () => new Script(), [
    { event: "start" },
    late(),
  ], ["load", "cancel-load", "close all", "exit 1"]],
  [
    "no new worker accepts connections before all have loaded the app",
    () => new Script().reloading(),
    [prepared(3)],
    [],
  ],
  [
    "a reload drains old workers when all new ones accept connections",
    () => new Script().reloading(),
    BOTH_READY,
    [...TAKEN_OVER, "close the rest", "done 9", "announce ready"],
  ],
  [
    "a reload does nothing to old workers before that",
    () => new Script().reloading(),
    [prepared(3), prepared(4), ready(3)],
    ["serve 3", "serve 4"],
  ],
  ["a new worker that dies calls the reload off", () => new Script().reloading(), [
    prepared(3),
    exited(4),
  ], ["kill 3", "close the rest", "failed 9", "announce ready"]],
  [
    "a new worker that may have connections finishes with them when the reload is cancelled",
    () => new Script().reloading(),
    [prepared(3), prepared(4), ready(3), exited(4)],
    ["serve 3", "serve 4", "drain 3 for recycle", "close the rest", "failed 9", "announce ready"],
  ],
  ["a new worker that is late calls the reload off", () => new Script().reloading(), [
    prepared(3),
    late(),
  ], ["kill 3", "kill 4", "close the rest", "failed 9", "announce ready"]],
  [
    "an old worker that dies during a reload is replaced at once",
    () => new Script().reloading(),
    [exited(1), prepared(5), ready(5)],
    ["spawn 5 in 0", "serve 5"],
  ],
  [
    "such a replacement leaves with the other old workers",
    () => new Script().reloading(),
    [exited(1), prepared(5), ready(5), ...BOTH_READY],
    [
      "spawn 5 in 0",
      "serve 5",
      "serve 3",
      "serve 4",
      "drain 2 for reload",
      "drain 5 for reload",
      "close the rest",
      "done 9",
      "announce ready",
    ],
  ],
  ["such a replacement stays when the reload is cancelled", () => new Script().reloading(), [
    exited(1),
    exited(3),
    prepared(5),
  ], ["spawn 5 in 0", "kill 4", "close the rest", "failed 9", "announce ready", "serve 5"]],
  [
    "sockets that were opened for a reload that was cancelled start no worker",
    () => new Script().running().tell(request("reload", 9), loaded),
    [late(), opened(2)],
    [
      "announce reloading",
      "load",
      "open",
      "close the rest",
      "failed 9",
      "announce ready",
      "close the rest",
    ],
  ],
  ["a second reload waits for the first", () => new Script().reloading(), [
    request("reload", 10),
    ...BOTH_READY,
  ], [
    ...TAKEN_OVER,
    "close the rest",
    "done 9",
    "announce ready",
    "announce reloading",
    "load",
  ]],
  ["a reload whose caller has gone is not begun", () => new Script().reloading(), [
    request("reload", 10),
    { event: "requester-gone", requester: 10 },
    ...BOTH_READY,
  ], [...TAKEN_OVER, "close the rest", "done 9", "announce ready"]],
  ["a reload that a signal asked for, too, is begun all the same", () => new Script().reloading(), [
    request("reload", 10),
    request("reload"),
    { event: "requester-gone", requester: 10 },
    ...BOTH_READY,
  ], [
    ...TAKEN_OVER,
    "close the rest",
    "done 9",
    "announce ready",
    "announce reloading",
    "load",
  ]],
  [
    "an upgrade executes when all new workers are ready",
    () => new Script().reloading("upgrade"),
    BOTH_READY,
    [...TAKEN_OVER, "close the rest", "execute"],
  ],
  ["an upgrade that cannot execute is told", () => new Script().upgrading(), [
    { event: "execute-failed", reason: "ENOENT" },
  ], ["failed 9", "announce ready"]],
  [
    "a worker that dies before another image takes over is replaced",
    () => new Script().upgrading(),
    [
      exited(3),
    ],
    ["spawn 5 in 0"],
  ],
  [
    "a slot that waits when another image takes over is filled by that",
    () => {
      return new Script().upgrading().tell(exited(3), exited(5)).restore();
    },
    [],
    ["spawn 5 in 0", "pause 250", "spawn 6 in 0", "announce ready"],
  ],
  [
    "a reload that a signal asks for during an upgrade is done by the next image",
    () => new Script().upgrading().tell(request("reload"), request("reload", 10)).restore(),
    [],
    ["announce ready", "announce reloading", "load"],
  ],
  ["a stop goes before an upgrade", () => new Script().upgrading(), [
    request("stop", 10),
    { event: "execute-failed", reason: "stopping" },
  ], [
    "cancel-execute",
    "failed 9",
    "announce stopping",
    "drain 1 for stop",
    "drain 2 for stop",
    "drain 3 for stop",
    "drain 4 for stop",
  ]],
  [
    "a worker that dies is replaced at once, and later the second time",
    () => new Script().running(),
    [exited(1), exited(3)],
    ["spawn 3 in 0", "pause 250"],
  ],
  ["after the pause it is started", () => new Script().running().tell(exited(1), exited(3)), [
    pauseIsOver(0),
    exited(4),
  ], ["spawn 3 in 0", "pause 250", "spawn 4 in 0", "pause 500"]],
  ["a worker that recycles serves until its replacement is ready", () => new Script().running(), [
    { event: "timeout", timer: { kind: "settled", worker: 2 } },
    recycles(2),
    prepared(3),
    ready(3),
  ], ["spawn 3 in 1", "serve 3", "drain 2 for recycle"]],
  ["a worker that recycles soon after its start waits", () => new Script().running(), [
    recycles(2),
    recycles(2),
    pauseIsOver(1),
  ], ["pause 250", "spawn 3 in 1"]],
  ["a stop drains all and exits with the last", () => new Script().running(), [
    request("stop", 5),
    exited(1),
    exited(2),
  ], [
    "announce stopping",
    "drain 1 for stop",
    "drain 2 for stop",
    "close all",
    "done 5",
    "exit 0",
  ]],
  ["a second signal ends the rest at once", () => new Script().running(), [
    request("stop"),
    request("stop"),
  ], ["announce stopping", "drain 1 for stop", "drain 2 for stop", "kill 1", "kill 2"]],
  ["stop --now waits for nobody", () => new Script().running(), [request("stop", 5, true)], [
    "announce stopping",
    "drain 1 for stop",
    "drain 2 for stop",
    "kill 1",
    "kill 2",
  ]],
  ["a stop goes before a reload", () => new Script().reloading(), [request("stop", 5)], [
    "failed 9",
    "kill 3",
    "kill 4",
    "announce stopping",
    "drain 1 for stop",
    "drain 2 for stop",
    "drain 3 for stop",
    "drain 4 for stop",
  ]],
  ["a reload while stopping is refused", () => new Script().running().tell(request("stop", 5)), [
    request("reload", 6),
  ], ["announce stopping", "drain 1 for stop", "drain 2 for stop", "failed 6"]],
  ["a restart loads the app, and executes afresh when all have left", () => {
    return new Script().running();
  }, [
    request("restart", 5),
    loaded,
    exited(1),
    exited(2),
  ], [
    "announce reloading",
    "load",
    "cancel-load",
    "announce stopping",
    "drain 1 for stop",
    "drain 2 for stop",
    "close all",
    "execute afresh",
  ]],
  ["a restart stops nothing where the app does not load", () => new Script().running(), [
    request("restart", 5),
    { event: "load-failed", reason: "it throws" },
  ], [
    "announce reloading",
    "load",
    "cancel-load",
    "close the rest",
    "failed 5",
    "announce ready",
  ]],
  ["a restart that cannot execute ends with a reason", () => new Script().running(), [
    request("restart", 5),
    loaded,
    exited(1),
    exited(2),
    { event: "execute-failed", reason: "ENOENT" },
  ], [
    "announce reloading",
    "load",
    "cancel-load",
    "announce stopping",
    "drain 1 for stop",
    "drain 2 for stop",
    "close all",
    "execute afresh",
    "failed 5",
    "exit 1",
  ]],
  ["a stop goes before a restart", () => new Script().running(), [
    request("restart", 5),
    loaded,
    exited(1),
    exited(2),
    request("stop", 6),
  ], [
    "announce reloading",
    "load",
    "cancel-load",
    "announce stopping",
    "drain 1 for stop",
    "drain 2 for stop",
    "close all",
    "execute afresh",
    "cancel-execute",
    "failed 5",
    "announce stopping",
    "close all",
    "done 6",
    "exit 0",
  ]],
  ["a worker that hangs in its drain is killed", () => new Script().running(), [
    request("stop", 5),
    hangs(1),
  ], ["announce stopping", "drain 1 for stop", "drain 2 for stop", "kill 1"]],
];

for (const [name, state, events, expected] of TABLE) {
  Deno.test(name, () => {
    assertEquals(state().tell(...events).wanted(), expected);
  });
}
