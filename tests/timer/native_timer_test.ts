import { assert, assertEquals } from "@std/assert";
import { behaviour } from "../helpers/behaviour.ts";
import { type Timer, TimingWheel } from "../../src/timer/timers.ts";
import { FakeClock, settled } from "./fake_clock.ts";

function setUp(): { clock: FakeClock; wheel: TimingWheel } {
  const clock = new FakeClock();
  return { clock, wheel: new TimingWheel({ clock }) };
}

behaviour("an empty wheel has no native timer", async () => {
  const { clock, wheel } = setUp();
  await settled();
  assertEquals(clock.armings, 0);
  const timer = wheel.after(5, () => {});
  await settled();
  assertEquals(clock.armed, 1);
  timer.cancel();
  await settled();
  assertEquals(clock.armed, 0);
});

behaviour("a timer that is added and cancelled in one turn sets no native timer", async () => {
  const { clock, wheel } = setUp();
  for (let count = 0; count < 100; count++) wheel.after(5, () => {}).cancel();
  await settled();
  assertEquals(clock.armings, 0);
});

behaviour("100,000 timers use one native timer, which is set once", async () => {
  const { clock, wheel } = setUp();
  for (let count = 0; count < 100_000; count++) wheel.after(60_000 + count % 1_000, () => {});
  await settled();
  assertEquals([wheel.size, clock.armings, clock.armed], [100_000, 1, 1]);
  wheel.close();
  assertEquals(clock.armed, 0);
});

behaviour("timers that are constantly postponed set the native timer once per delay", async () => {
  const { clock, wheel } = setUp();
  const timers = Array.from({ length: 100 }, () => wheel.after(60_000, () => {}));
  await settled();
  const { armings } = clock;
  for (let second = 0; second < 3_600; second++) {
    for (const timer of timers) timer.reset();
    await clock.advance(1_000);
  }
  // An hour of 60 s, and three levels between.
  assert(clock.armings - armings <= 60 * 4, `${clock.armings - armings} armings`);
  wheel.close();
});

behaviour("an idle wheel wakes only for what is due", async () => {
  const { clock, wheel } = setUp();
  wheel.after(3_600_000, () => {});
  await clock.advance(3_599_000);
  assert(clock.armings <= 5, `${clock.armings} armings`);
  wheel.close();
});

behaviour("a pending timer keeps the process alive unless it is unreferenced", async () => {
  const { clock, wheel } = setUp();
  const states: unknown[] = [];
  async function note(): Promise<void> {
    await settled();
    states.push(clock.holding);
  }
  const unreferenced = wheel.after(100, () => {}, { ref: false });
  await note();
  const referenced = wheel.after(100, () => {});
  await note();
  referenced.unref();
  await note();
  unreferenced.ref().ref();
  await note();
  unreferenced.cancel();
  await note();
  unreferenced.reset();
  await note();
  wheel.close();
  await note();
  assertEquals(states, [false, true, false, true, false, true, undefined]);
});

behaviour(
  "a native timer that is set again does not keep the process alive longer",
  async () => {
    const { clock, wheel } = setUp();
    const timer: Timer = wheel.every(10, () => {}, { ref: false });
    await clock.advance(35);
    assertEquals([clock.holding, timer.hasRef], [false, false]);
    wheel.close();
  },
);
