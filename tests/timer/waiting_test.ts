import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { behaviour } from "../helpers/behaviour.ts";
import { GoerError } from "../../src/errors.ts";
import { TimingWheel } from "../../src/timer/timers.ts";
import { FakeClock, settled } from "./fake_clock.ts";

function setUp(): { clock: FakeClock; wheel: TimingWheel; fired: string[] } {
  const clock = new FakeClock();
  return { clock, wheel: new TimingWheel({ clock }), fired: [] };
}

behaviour("sleep resolves after its delay", async () => {
  const { clock, wheel, fired } = setUp();
  const slept = wheel.sleep(20).then(() => fired.push("awake"));
  await clock.advance(19);
  assertEquals(fired, []);
  await clock.advance(1);
  await slept;
  assertEquals(fired, ["awake"]);
});

behaviour("sleep rejects with the reason of its signal, and leaves no timer", async () => {
  const { wheel } = setUp();
  const controller = new AbortController();
  const sleeping = wheel.sleep(20, { signal: controller.signal });
  controller.abort(new Error("enough"));
  await assertRejects(() => sleeping, Error, "enough");
  await assertRejects(() => wheel.sleep(20, { signal: controller.signal }), Error, "enough");
  assertEquals(wheel.size, 0);
});

behaviour("sleep rejects for an invalid delay", async () => {
  await assertRejects(() => setUp().wheel.sleep(-1), RangeError);
  await assertRejects(() => setUp().wheel.sleep("1" as unknown as number), TypeError);
});

behaviour("a signal cancels its timer, and an aborted one keeps it from being armed", async () => {
  const { clock, wheel, fired } = setUp();
  const controller = new AbortController();
  const { signal } = controller;
  const timer = wheel.every(10, () => fired.push("every"), { signal });
  await clock.advance(10);
  controller.abort();
  assertEquals([timer.pending, wheel.size], [false, 0]);
  timer.reset();
  assertEquals(wheel.after(10, () => fired.push("after"), { signal }).pending, false);
  await clock.advance(50);
  assertEquals(fired, ["every"]);
});

behaviour("a timer that has ended does not hold its signal any more", async () => {
  const { clock, wheel } = setUp();
  const { signal } = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: unknown[]) => {
    listeners++;
    Reflect.apply(addEventListener, signal, args);
  };
  signal.removeEventListener = (...args: unknown[]) => {
    listeners--;
    Reflect.apply(removeEventListener, signal, args);
  };
  wheel.after(5, () => {}, { signal });
  const cancelled = wheel.after(5, () => {}, { signal });
  assertEquals(listeners, 2);
  cancelled.cancel();
  await clock.advance(5);
  assertEquals(listeners, 0);
});

behaviour("close cancels all timers, returns their number, and rejects sleeps", async () => {
  const { clock, wheel, fired } = setUp();
  const timer = wheel.after(5, () => fired.push("after"));
  wheel.every(2 ** 40, () => fired.push("every"));
  const sleeping = assertRejects(() => wheel.sleep(5), GoerError, "the timing wheel is closed");
  assertEquals([wheel.close(), wheel.close(), wheel.size], [3, 0, 0]);
  await sleeping;
  assertEquals(timer.reset().pending, false);
  assertThrows(() => wheel.after(5, () => {}), GoerError, "the timing wheel is closed");
  assertThrows(() => wheel.at(0, () => {}), GoerError, "the timing wheel is closed");
  await assertRejects(() => wheel.sleep(5), GoerError);
  await clock.advance(100);
  assertEquals([fired, clock.armed], [[], 0]);
});

behaviour("close in a callback cancels the other timers of the same tick", async () => {
  const { clock, wheel, fired } = setUp();
  wheel.after(5, () => wheel.close());
  wheel.after(5, () => fired.push("after"));
  await clock.advance(10);
  assertEquals([fired, clock.armed], [[], 0]);
});

behaviour("at fires at its date, and immediately if the date is past", async () => {
  const { clock, wheel, fired } = setUp();
  const timer = wheel.at(new Date(clock.date() + 200_000), () => fired.push("then"));
  wheel.at(clock.date() - 5, () => fired.push("past"));
  assertEquals(timer.remaining, 200_000);
  await clock.advance(1);
  assertEquals(fired, ["past"]);
  await clock.advance(199_998);
  assertEquals(fired, ["past"]);
  await clock.advance(1);
  assertEquals([fired, wheel.size], [["past", "then"], 0]);
});

behaviour("at follows a change of the date within a minute", async () => {
  const { clock, wheel, fired } = setUp();
  wheel.at(clock.date() + 7_200_000, () => fired.push("then"));
  await clock.advance(10);
  clock.setDate(7_200_000);
  await clock.advance(60_000);
  assertEquals(fired, ["then"]);

  wheel.at(clock.date() + 90_000, () => fired.push("later"));
  clock.setDate(-3_600_000);
  await clock.advance(3_600_000);
  assertEquals(fired, ["then"]);
  await clock.advance(90_000);
  assertEquals(fired, ["then", "later"]);
});

behaviour("reset arms at again, for its date or for a delay", async () => {
  const { clock, wheel, fired } = setUp();
  const timer = wheel.at(clock.date() + 100_000, () => fired.push(`at ${clock.now()}`));
  timer.cancel();
  timer.reset();
  await clock.advance(100_000);
  timer.reset(5);
  await clock.advance(5);
  assertEquals(fired, ["at 100000", "at 100005"]);
});

behaviour("no timer fires early if a turn that arms many timers takes long", async () => {
  const { clock, wheel, fired } = setUp();
  for (let count = 0; count < 100; count++) wheel.after(1_000, () => {});
  clock.block(50);
  wheel.after(10, () => fired.push(`at ${clock.now()}`));
  await settled();
  await clock.advance(9);
  assertEquals(fired, []);
  await clock.advance(1);
  assertEquals(fired, ["at 60"]);
  wheel.close();
});
