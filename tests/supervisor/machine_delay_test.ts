/** Stops with `drainDelay`. */

import { assertEquals } from "@std/assert";
import { unreadiness } from "../../src/supervisor/machine/readiness.ts";
import { exited, loaded, opened, ready, request, Script, STARTED, testMachine } from "./script.ts";

const over = { event: "timeout", timer: { kind: "delay" } } as const;
const running = () => new Script().runningWithDelay();

const DRAINED = ["drain 1 for stop", "drain 2 for stop"];
const ENDED = ["close all", "release", "done 5", "exit 0"];

testMachine([
  ["a stop first reports that the app is not ready", running, [request("stop", 5)], [
    "announce stopping",
  ]],
  ["after drainDelay, all workers leave", running, [
    request("stop", 5),
    over,
    exited(1),
    exited(2),
  ], ["announce stopping", ...DRAINED, ...ENDED]],
  ["a second stop does not prolong drainDelay", running, [
    request("stop", 5),
    request("stop", 6),
    over,
  ], ["announce stopping", ...DRAINED]],
  ["stop --now does not wait for drainDelay", running, [
    request("stop", 5, true),
    exited(1),
    exited(2),
  ], ["announce stopping", "kill 1", "kill 2", ...ENDED]],
  ["a second signal does not wait for drainDelay", running, [request("stop"), request("stop")], [
    "announce stopping",
    "kill 1",
    "kill 2",
  ]],
  ["a restart waits for drainDelay, too", running, [request("restart", 5), loaded, over], [
    "announce reloading",
    "load",
    "cancel-load",
    "announce stopping",
    ...DRAINED,
  ]],
  ["a stop during the drainDelay of a restart does not prolong it", running, [
    request("restart", 5),
    loaded,
    request("stop", 6),
    over,
  ], [
    "announce reloading",
    "load",
    "cancel-load",
    "announce stopping",
    "failed 5",
    "announce stopping",
    ...DRAINED,
  ]],
  ["an app whose workers die during drainDelay ends", running, [
    request("stop", 5),
    exited(1),
    exited(2),
  ], ["announce stopping", ...ENDED]],
  [
    "a stop gives a reload up before drainDelay",
    () => {
      const script = running().tell(request("reload", 9), loaded, opened(2));
      script.take();
      return script;
    },
    [request("stop", 5)],
    ["failed 9", "kill 3", "kill 4", "announce stopping"],
  ],
]);

Deno.test("an app is ready from its start to its stop, also during a reload", () => {
  const script = new Script();
  const states: boolean[] = [];
  const look = () => states.push(unreadiness(script.machine) === undefined);
  look();
  script.tell(...STARTED.slice(0, -1));
  look();
  script.tell(ready(2));
  look();
  script.tell(request("reload", 9));
  look();
  script.tell(request("stop", 5));
  look();
  assertEquals(states, [false, false, true, true, false]);
});
