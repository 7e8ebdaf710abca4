import { assertEquals } from "@std/assert";
import {
  exited,
  hangs,
  late,
  loaded,
  opened,
  pauseIsOver,
  prepared,
  ready,
  recycles,
  request,
  Script,
  testMachine,
} from "./script.ts";

const TAKEN_OVER = [
  "serve 3",
  "serve 4",
  "drain 1 for reload",
  "drain 2 for reload",
];
const BOTH_READY = [prepared(3), prepared(4), ready(3), ready(4)];

testMachine([
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
    "a reload does not affect old workers before that",
    () => new Script().reloading(),
    [prepared(3), prepared(4), ready(3)],
    ["serve 3", "serve 4"],
  ],
  ["a new worker that dies cancels the reload", () => new Script().reloading(), [
    prepared(3),
    exited(4),
  ], ["kill 3", "close the rest", "failed 9", "announce ready"]],
  [
    "a new worker that may have connections finishes them when the reload is cancelled",
    () => new Script().reloading(),
    [prepared(3), prepared(4), ready(3), exited(4)],
    ["serve 3", "serve 4", "drain 3 for recycle", "close the rest", "failed 9", "announce ready"],
  ],
  ["a new worker that is late cancels the reload", () => new Script().reloading(), [
    prepared(3),
    late(),
  ], ["kill 3", "kill 4", "close the rest", "failed 9", "announce ready"]],
  [
    "an old worker that dies during a reload is replaced immediately",
    () => new Script().reloading(),
    [exited(1), prepared(5), ready(5)],
    ["spawn 5 in 0", "serve 5"],
  ],
  [
    "the replacement of a dead old worker leaves with the other old workers",
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
  [
    "the replacement of a dead old worker stays when the reload is cancelled",
    () => new Script().reloading(),
    [
      exited(1),
      exited(3),
      prepared(5),
    ],
    ["spawn 5 in 0", "kill 4", "close the rest", "failed 9", "announce ready", "serve 5"],
  ],
  [
    "sockets opened for a cancelled reload start no worker",
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
  [
    "a waiting reload whose client has disconnected does not start",
    () => new Script().reloading(),
    [
      request("reload", 10),
      { event: "requester-gone", requester: 10 },
      ...BOTH_READY,
    ],
    [...TAKEN_OVER, "close the rest", "done 9", "announce ready"],
  ],
  [
    "a waiting reload that a signal requested, too, starts even then",
    () => new Script().reloading(),
    [
      request("reload", 10),
      request("reload"),
      { event: "requester-gone", requester: 10 },
      ...BOTH_READY,
    ],
    [
      ...TAKEN_OVER,
      "close the rest",
      "done 9",
      "announce ready",
      "announce reloading",
      "load",
    ],
  ],
  [
    "an upgrade executes when all new workers are ready",
    () => new Script().reloading("upgrade"),
    BOTH_READY,
    [...TAKEN_OVER, "close the rest", "execute"],
  ],
  ["an upgrade that cannot execute is reported", () => new Script().upgrading(), [
    { event: "execute-failed", reason: "ENOENT" },
  ], ["failed 9", "announce ready"]],
  [
    "a worker that dies before the new supervisor takes over is replaced",
    () => new Script().upgrading(),
    [
      exited(3),
    ],
    ["spawn 5 in 0"],
  ],
  [
    "a slot that waits during a takeover is filled by the new supervisor",
    () => {
      return new Script().upgrading().tell(exited(3), exited(5)).restore();
    },
    [],
    ["spawn 5 in 0", "pause 250", "spawn 6 in 0", "announce ready"],
  ],
  [
    "a reload requested by a signal during an upgrade is done by the new supervisor",
    () => new Script().upgrading().tell(request("reload"), request("reload", 10)).restore(),
    [],
    ["announce ready", "announce reloading", "load"],
  ],
  [
    "the new supervisor repeats an order to serve that the old one lost",
    () => new Script().upgrading().tell(exited(3), prepared(5)).restore(),
    [prepared(5)],
    ["spawn 5 in 0", "serve 5", "announce ready", "serve 5"],
  ],
  ["a stop has priority over an upgrade", () => new Script().upgrading(), [
    request("stop", 10),
    { event: "execute-failed", reason: "stopping" },
  ], [
    "failed 9",
    "cancel-execute",
    "announce stopping",
    "drain 1 for stop",
    "drain 2 for stop",
    "drain 3 for stop",
    "drain 4 for stop",
  ]],
  [
    "a worker that dies is replaced immediately, and the second time after a pause",
    () => new Script().running(),
    [exited(1), exited(3)],
    ["spawn 3 in 0", "pause 250"],
  ],
  [
    "after the pause, the replacement is started",
    () => new Script().running().tell(exited(1), exited(3)),
    [
      pauseIsOver(0),
      exited(4),
    ],
    ["spawn 3 in 0", "pause 250", "spawn 4 in 0", "pause 500"],
  ],
  ["a worker that recycles serves until its replacement is ready", () => new Script().running(), [
    { event: "timeout", timer: { kind: "stable", worker: 2 } },
    recycles(2),
    prepared(3),
    ready(3),
  ], ["spawn 3 in 1", "serve 3", "drain 2 for recycle"]],
  ["a worker that recycles soon after its start waits", () => new Script().running(), [
    recycles(2),
    recycles(2),
    pauseIsOver(1),
  ], ["pause 250", "spawn 3 in 1"]],
  ["a stop drains all workers and exits after the last", () => new Script().running(), [
    request("stop", 5),
    exited(1),
    exited(2),
  ], [
    "announce stopping",
    "drain 1 for stop",
    "drain 2 for stop",
    "close all",
    "release",
    "done 5",
    "exit 0",
  ]],
  ["a second signal ends the others immediately", () => new Script().running(), [
    request("stop"),
    request("stop"),
  ], ["announce stopping", "drain 1 for stop", "drain 2 for stop", "kill 1", "kill 2"]],
  ["stop --now does not wait", () => new Script().running(), [request("stop", 5, true)], [
    "announce stopping",
    "drain 1 for stop",
    "drain 2 for stop",
    "kill 1",
    "kill 2",
  ]],
  ["a stop has priority over a reload", () => new Script().reloading(), [request("stop", 5)], [
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
  ["a restart loads the app, and executes the command when all workers have left", () => {
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
  ["a restart stops nothing if the app cannot be loaded", () => new Script().running(), [
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
    "release",
    "failed 5",
    "exit 1",
  ]],
  ["a stop has priority over a restart", () => new Script().running(), [
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
    "release",
    "done 6",
    "exit 0",
  ]],
  ["a worker that hangs while draining is killed", () => new Script().running(), [
    request("stop", 5),
    hangs(1),
  ], ["announce stopping", "drain 1 for stop", "drain 2 for stop", "kill 1"]],
]);

Deno.test("the log says in one line why a worker died", () => {
  const script = new Script().running();
  script.take();
  const reason = "exited with code 1: Error: no\n    at app.ts:1:1";
  script.tell({ event: "worker-exited", worker: 1, reason });
  const logged = script.take().flatMap((one) => one.effect === "log" ? one.text : []);
  assertEquals(logged, ["worker 1 exited with code 1: Error: no"]);
});
