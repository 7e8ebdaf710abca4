/** The timers of a service, which end with it. */

import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { behaviour } from "../helpers/behaviour.ts";
import { connect, Goer, type GoerError } from "../../mod.ts";
import { timers } from "../../src/timer/timers.ts";

function service(): Goer<"text://127.0.0.1:0"> {
  return new Goer("text://127.0.0.1:0");
}

behaviour("each service has its own timers", () => {
  const [one, other] = [service(), service()];
  assertStrictEquals(one.timers, one.timers);
  assertEquals([one.timers === other.timers, one.timers === timers as unknown], [false, false]);
});

behaviour("no timer of a service fires after it has closed", async () => {
  const goer = service();
  const fired: string[] = [];
  goer.timers.after(500, () => fired.push("after"));
  const listening = await goer.listen();
  goer.timers.every(500, () => fired.push("every"));
  const sleeping = assertRejects(() => goer.timers.sleep(500), Error, "the timing wheel is closed");
  await listening.close();
  await sleeping;
  assertEquals([goer.timers.closed, goer.timers.size], [true, 0]);
  assertThrows(() => goer.timers.after(1, () => {}), Error, "the timing wheel is closed");
  await timers.sleep(600);
  assertEquals(fired, []);
});

behaviour("the timers of a service continue while it finishes its connections", async () => {
  const goer = service();
  const listening = await goer.listen();
  const peer = await connect(listening.address);
  while (listening.connections.size === 0) await timers.sleep(1);
  const closed = listening.close({ graceful: true, timeout: 60_000 });
  await goer.timers.sleep(5);
  assertEquals([goer.timers.closed, listening.connections.size], [false, 1]);
  peer.close();
  await closed;
  assertEquals(goer.timers.closed, true);
});

behaviour("the timers of a service that listens twice end with the second server", async () => {
  const goer = service();
  const [one, other] = [await goer.listen(), await goer.listen()];
  await one.close();
  await one.close();
  assertEquals(goer.timers.closed, false);
  await other.close();
  assertEquals(goer.timers.closed, true);
});

behaviour("a service that listens again has new timers", async () => {
  const goer = service();
  await (await goer.listen()).close();
  const error: GoerError = assertThrows(() => goer.timers.after(1, () => {}));
  assertEquals(error.code, "GOER_TIMERS_CLOSED");
  const listening = await goer.listen();
  await goer.timers.sleep(1);
  await listening.close();
});
