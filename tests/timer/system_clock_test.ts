/** Timers on the real clock, for what a simulated one cannot show. They may be late by any time. */

import { assert, assertEquals } from "@std/assert";
import { behaviour } from "../helpers/behaviour.ts";
import { timers, TimingWheel } from "../../src/timer/timers.ts";
import { nativeTimersOf } from "./native_timers.ts";

behaviour(
  "timers of the real clock fire in the order of their delays, and not early",
  async () => {
    const wheel = new TimingWheel();
    const begin = performance.now();
    const fired: number[] = [];
    const delays = [40, 3, 25, 10, 0, 33, 3];
    for (const delay of delays) {
      wheel.after(delay, () => {
        fired.push(delay);
        assert(performance.now() - begin >= delay, `${delay} ms were not over`);
      });
    }
    await wheel.sleep(45);
    assertEquals(fired, delays.toSorted((one, other) => one - other));
    wheel.close();
  },
);

behaviour("a delay over the range of native timers does not fire immediately", async () => {
  const wheel = new TimingWheel();
  const fired: number[] = [];
  const long = [2 ** 31 - 1, 2 ** 31, 2 ** 32 + 1, 8.64e15].map((delay) =>
    wheel.after(delay, () => fired.push(delay))
  );
  await wheel.sleep(20);
  assertEquals([fired, long.every((timer) => timer.pending)], [[], true]);
  wheel.close();
});

behaviour("every keeps its period on the real clock", async () => {
  const wheel = new TimingWheel();
  const dues: number[] = [];
  const begin = performance.now();
  const done = new Promise<void>((resolve) => {
    wheel.every(5, () => {
      dues.push(performance.now() - begin);
      if (dues.length === 5) resolve();
    });
  });
  await done;
  wheel.close();
  assert(dues.every((due, index) => due >= 5 * (index + 1)), dues.join(" "));
});

behaviour("cron and at fire at the real date", async () => {
  const wheel = new TimingWheel();
  const fired: string[] = [];
  const date = Date.now() + 15;
  const both = Promise.all([
    new Promise<void>((resolve) => wheel.at(date, () => resolve(void fired.push("at")))),
    new Promise<void>((resolve) => wheel.cron("* * * * * *", () => resolve())),
  ]);
  await both;
  assertEquals(fired, ["at"]);
  assert(Date.now() >= date);
  wheel.close();
});

behaviour("100,000 timers of the default wheel start one native timer", async () => {
  const pending = Array.from({ length: 100_000 }, (_, index) => index);
  const cancels: (() => void)[] = [];
  const count = await nativeTimersOf(async () => {
    for (const index of pending) {
      const timer = timers.after(600_000 + index, () => {});
      cancels.push(() => timer.cancel());
    }
    await Promise.resolve();
  });
  for (const cancel of cancels) cancel();
  assertEquals(count, 1);
});
