/** Reloads in batches and with canaries. */

import { assertEquals } from "@std/assert";
import { layoutOf } from "../../src/supervisor/machine/layout.ts";
import {
  exited,
  late,
  LAYOUT,
  loaded,
  opened,
  prepared,
  ready,
  recycles,
  reload,
  request,
  Script,
  testMachine,
} from "./script.ts";

const FIRST = [prepared(3), ready(3)];
const SECOND = [prepared(4), ready(4)];

const batches = () => new Script().replacing({ batch: 1 });
const canary = () => new Script().replacing({ canary: 1, watch: 5000 });

/** After the first of two batches has replaced its worker. */
const halfway = () => {
  const script = batches().tell(...FIRST, exited(1));
  script.take();
  return script;
};

testMachine([
  ["a reload in batches starts only the workers of the first batch", () => new Script().running(), [
    reload(9, { batch: 1 }),
    loaded,
    opened(2),
  ], ["announce reloading", "load", "open", "spawn 3 in 0"]],
  ["the old workers of a batch leave when its new ones serve", batches, FIRST, [
    "serve 3",
    "drain 1 for reload",
  ]],
  ["the next batch starts when the old workers of the last one have left", batches, [
    ...FIRST,
    exited(1),
  ], ["serve 3", "drain 1 for reload", "spawn 4 in 1"]],
  ["the last batch completes the reload", halfway, SECOND, [
    "serve 4",
    "drain 2 for reload",
    "close the rest",
    "done 9",
    "announce ready",
  ]],
  ["a batch larger than the app is a reload of all", () => new Script().replacing({ batch: 9 }), [
    prepared(3),
    prepared(4),
    ready(3),
    ready(4),
  ], [
    "serve 3",
    "serve 4",
    "drain 1 for reload",
    "drain 2 for reload",
    "close the rest",
    "done 9",
    "announce ready",
  ]],
  ["a failure in the first batch leaves all old workers", batches, [exited(3)], [
    "close the rest",
    "failed 9",
    "announce ready",
  ]],
  ["a failure in a later batch keeps the workers that are replaced", halfway, [exited(4)], [
    "close the rest",
    "failed 9",
    "announce ready",
  ]],
  ["a new worker that dies after it has replaced an old one calls the rest off", halfway, [
    exited(3),
  ], ["spawn 5 in 0", "kill 4", "close the rest", "failed 9", "announce ready"]],
  ["an old worker that dies before its batch is replaced immediately", batches, [
    exited(2),
    prepared(4),
    ready(4),
  ], ["spawn 4 in 1", "serve 4"]],
  [
    "after a reload that stopped, workers of both generations are replaced in their slots",
    () => {
      const script = halfway().tell(exited(4));
      script.take();
      return script;
    },
    [exited(3), exited(2)],
    ["spawn 5 in 0", "spawn 6 in 1"],
  ],
  [
    "after a reload that stopped, an old worker recycles into its slot",
    () => {
      const stable = { kind: "stable", worker: 2 } as const;
      const script = halfway().tell(exited(4), { event: "timeout", timer: stable });
      script.take();
      return script;
    },
    [recycles(2), prepared(5), ready(5)],
    ["spawn 5 in 1", "serve 5", "drain 2 for recycle"],
  ],
  [
    "the next reload replaces the workers of both generations",
    () => {
      const script = halfway().tell(exited(4), request("reload", 10), loaded, opened(3));
      script.take();
      return script;
    },
    [prepared(5), prepared(6), ready(5), ready(6)],
    [
      "serve 5",
      "serve 6",
      "drain 2 for reload",
      "drain 3 for reload",
      "close the rest",
      "done 10",
      "announce ready",
    ],
  ],
  [
    "an upgrade after a reload that stopped leaves no slot empty",
    () => {
      const script = halfway().tell(exited(4), request("upgrade", 10), loaded, opened(3));
      script.tell(prepared(5), prepared(6), ready(5), ready(6), exited(5), exited(7)).take();
      return script.restore();
    },
    [],
    ["spawn 8 in 0", "announce ready"],
  ],
  ["a canary serves beside the old workers", canary, FIRST, ["serve 3"]],
  ["after its time, the others follow", canary, [...FIRST, late(), exited(1), ...SECOND], [
    "serve 3",
    "drain 1 for reload",
    "spawn 4 in 1",
    "serve 4",
    "drain 2 for reload",
    "close the rest",
    "done 9",
    "announce ready",
  ]],
  ["a canary that dies calls the reload off, and no old worker has left", canary, [
    ...FIRST,
    exited(3),
  ], ["serve 3", "close the rest", "failed 9", "announce ready"]],
  ["a canary that does not get ready calls the reload off", canary, [late()], [
    "kill 3",
    "close the rest",
    "failed 9",
    "announce ready",
  ]],
  ["an old worker that dies beside its canary is replaced immediately", canary, [
    ...FIRST,
    exited(1),
    prepared(4),
    ready(4),
  ], ["serve 3", "spawn 4 in 0", "serve 4"]],
  ["an abort calls a canary off, which finishes its connections", canary, [
    ...FIRST,
    request("abort", 10),
  ], [
    "serve 3",
    "done 10",
    "drain 3 for recycle",
    "close the rest",
    "failed 9",
    "announce ready",
  ]],
  ["an abort calls a reload off", () => new Script().reloading(), [request("abort", 10)], [
    "done 10",
    "kill 3",
    "kill 4",
    "close the rest",
    "failed 9",
    "announce ready",
  ]],
  ["an abort without a reload fails", () => new Script().running(), [request("abort", 10)], [
    "failed 10",
  ]],
  ["a waiting reload begins after an abort", canary, [
    request("reload", 10),
    request("abort", 11),
  ], [
    "done 11",
    "kill 3",
    "close the rest",
    "failed 9",
    "announce ready",
    "announce reloading",
    "load",
  ]],
  ["a stop has priority over a canary", canary, [...FIRST, request("stop", 10)], [
    "serve 3",
    "failed 9",
    "drain 3 for recycle",
    "announce stopping",
    "drain 1 for stop",
    "drain 2 for stop",
    "drain 3 for stop",
  ]],
  ["reloads with different batches are not merged", canary, [
    reload(10, { batch: 1 }),
    reload(11, { batch: 2 }),
    reload(12, { batch: 1 }),
    { event: "requester-gone", requester: 10 },
    request("abort"),
  ], [
    "kill 3",
    "close the rest",
    "failed 9",
    "announce ready",
    "announce reloading",
    "load",
  ]],
]);

Deno.test("a reload in batches is refused if the app has another number of workers", () => {
  const script = new Script().running().tell(reload(9, { batch: 1 }));
  script.take();
  const layout = layoutOf({
    ...LAYOUT.app,
    services: LAYOUT.app.services.map((service) => ({ ...service, workers: 3 })),
  });
  assertEquals(script.tell({ event: "loaded", layout }).wanted(), [
    "cancel-load",
    "close the rest",
    "failed 9",
    "announce ready",
  ]);
});

Deno.test("the state machine says how far a reload is", () => {
  const { machine } = halfway();
  assertEquals(machine.rollout, { stage: "starting", replaced: 1, workers: 2 });
  assertEquals(new Script().running().machine.rollout, undefined);
});
