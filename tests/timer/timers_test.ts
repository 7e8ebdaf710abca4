import { GoerError } from "../../src/errors.ts";
import { assertEquals, assertThrows } from "@std/assert";
import { behaviour } from "../helpers/behaviour.ts";
import fc from "fast-check";
import { type Timer, TimingWheel } from "../../src/timer/timers.ts";
import { FakeClock } from "./fake_clock.ts";
import { SortedList } from "./model.ts";

function setUp(
  now = 0,
): { clock: FakeClock; wheel: TimingWheel; fired: string[]; errors: unknown[] } {
  const clock = new FakeClock(now);
  const errors: unknown[] = [];
  const wheel = new TimingWheel({ clock, onError: (error) => errors.push(error.cause) });
  return { clock, wheel, fired: [], errors };
}

behaviour(
  "timers fire in the same order as in a sorted list, with any additions, cancellations and resets",
  async () => {
    const delay = fc.oneof(fc.nat(5), fc.nat(100), fc.nat(100_000));
    const step = fc.record({
      do: fc.constantFrom("after", "after", "cancel", "reset", "advance"),
      pick: fc.nat(100),
      delay,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.nat(2_000_000),
        fc.array(step, { maxLength: 120 }),
        async (start, steps) => {
          const { clock, wheel } = setUp(start);
          const [model, timers, fired, expected] = [
            new SortedList(),
            [] as Timer[],
            [] as string[],
            [] as string[],
          ];
          for (const { do: what, pick, delay } of steps) {
            const id = pick % Math.max(1, timers.length);
            if (what === "after") {
              const added = timers.length;
              timers.push(wheel.after(delay, () => fired.push(`${added} at ${clock.now()}`)));
              model.set(added, clock.now() + Math.max(1, delay));
            } else if (what === "cancel" && timers.length > 0) {
              assertEquals(timers[id].cancel(), model.has(id));
              model.delete(id);
            } else if (what === "reset" && timers.length > 0) {
              timers[id].reset(delay);
              model.set(id, clock.now() + Math.max(1, delay));
            } else if (what === "advance") {
              const end = clock.now() + delay;
              while (model.earliest <= end) {
                const due = model.earliest;
                expected.push(`${model.take(due)} at ${due}`);
              }
              await clock.advance(delay);
              assertEquals(fired, expected);
            }
          }
          assertEquals(wheel.size, timers.filter((timer) => timer.pending).length);
          wheel.close();
        },
      ),
      { numRuns: 400 },
    );
  },
);

behaviour("a timer fires at its ms, and not before", async () => {
  const { clock, wheel, fired } = setUp(1_000);
  wheel.after(30, () => fired.push("due"));
  await clock.advance(29);
  assertEquals(fired, []);
  await clock.advance(1);
  assertEquals(fired, ["due"]);
});

behaviour("a fraction of a ms is rounded up, and 0 becomes 1", async () => {
  const { clock, wheel, fired } = setUp();
  wheel.after(1.2, () => fired.push("1.2"));
  wheel.after(0, () => fired.push("0"));
  await clock.advance(1);
  assertEquals(fired, ["0"]);
  await clock.advance(1);
  assertEquals(fired, ["0", "1.2"]);
});

behaviour("with a longer tick, delays are rounded up to it", async () => {
  const clock = new FakeClock(5);
  const wheel = new TimingWheel({ clock, tick: 50 });
  const fired: number[] = [];
  wheel.after(10, () => fired.push(clock.now()));
  wheel.after(46, () => fired.push(clock.now()));
  wheel.every(40, () => fired.push(clock.now()));
  await clock.advance(200);
  wheel.close();
  assertEquals(fired, [50, 50, 100, 100, 150, 200]);
});

behaviour("timers can wait for years", async () => {
  const { clock, wheel, fired } = setUp();
  const year = 365 * 24 * 3_600_000;
  wheel.after(3 * year, () => fired.push("years"));
  await clock.advance(3 * year - 1);
  assertEquals(fired, []);
  await clock.advance(1);
  assertEquals(fired, ["years"]);
});

for (const delay of [-1, NaN, Infinity, -Infinity, 1e16]) {
  behaviour(`a delay of ${delay} is a RangeError`, () => {
    const { wheel } = setUp();
    for (const call of [wheel.after, wheel.every] as const) {
      assertThrows(() => call.call(wheel, delay, () => {}), RangeError, `the delay ${delay} `);
    }
    const timer = wheel.after(5, () => {});
    assertThrows(() => timer.reset(delay), RangeError);
    assertEquals(timer.remaining, 5, "the timer goes on as it was");
  });
}

for (const delay of ["5", null, undefined, {}, 5n, Symbol("5")]) {
  behaviour(`a delay of ${String(delay)} (${typeof delay}) is a TypeError`, () => {
    const { wheel } = setUp();
    assertThrows(() => wheel.after(delay as unknown as number, () => {}), TypeError);
    assertThrows(() => wheel.every(delay as unknown as number, () => {}), TypeError);
    assertEquals(wheel.size, 0);
  });
}

behaviour("a callback that is not a function is a TypeError", () => {
  const { wheel } = setUp();
  const wrong = "code" as unknown as () => void;
  for (const call of [wheel.after, wheel.every, wheel.at] as const) {
    assertThrows(() => call.call(wheel, 5, wrong), TypeError, "is not a function");
  }
});

for (const date of [NaN, Infinity, 8.65e15, new Date(NaN)]) {
  behaviour(`the date ${date} is a RangeError`, () => {
    assertThrows(() => setUp().wheel.at(date, () => {}), RangeError);
  });
}

for (const date of ["2026-01-01", null, undefined, {}]) {
  behaviour(`the date ${date} (${typeof date}) is a TypeError`, () => {
    assertThrows(() => setUp().wheel.at(date as unknown as Date, () => {}), TypeError);
  });
}

behaviour("a period of 0 is one tick", async () => {
  const { clock, wheel, fired } = setUp();
  wheel.every(0, () => fired.push(`at ${clock.now()}`));
  await clock.advance(3);
  wheel.close();
  assertEquals(fired, ["at 1", "at 2", "at 3"]);
});

for (const tick of [0, -1, 0.5, NaN, Infinity, 86_400_001]) {
  behaviour(`a tick of ${tick} is not a valid option`, () => {
    assertThrows(() => new TimingWheel({ tick }), GoerError, `got ${tick}`);
  });
}

behaviour("cancel says whether the timer was pending, and can be called twice", async () => {
  const { clock, wheel, fired } = setUp();
  const timer = wheel.after(5, () => fired.push("cancelled"));
  assertEquals([timer.cancel(), timer.cancel(), timer.pending], [true, false, false]);
  const done = wheel.after(5, () => fired.push("done"));
  await clock.advance(10);
  assertEquals([done.cancel(), fired], [false, ["done"]]);
});

behaviour("a timer can be cancelled in its own callback", async () => {
  const { clock, wheel, fired } = setUp();
  const once: Timer = wheel.after(5, () => fired.push(`once ${once.cancel()}`));
  const every: Timer = wheel.every(5, () => fired.push(`every ${every.cancel()}`));
  await clock.advance(50);
  assertEquals(fired, ["once false", "every true"]);
});

behaviour(
  "a timer can be cancelled or postponed by an earlier one of the same tick",
  async () => {
    const { clock, wheel, fired } = setUp();
    wheel.after(5, () => {
      cancelled.cancel();
      later.reset(3);
    });
    const cancelled = wheel.after(5, () => fired.push("cancelled"));
    const later = wheel.after(5, () => fired.push(`later at ${clock.now()}`));
    await clock.advance(10);
    assertEquals(fired, ["later at 8"]);
  },
);

behaviour(
  "a timer added in a callback fires in a later run, even without a delay",
  async () => {
    const { clock, wheel, fired } = setUp();
    function again(): void {
      fired.push(`at ${clock.now()}`);
      wheel.after(0, again);
    }
    wheel.after(1, again);
    await clock.advance(3);
    assertEquals(fired, ["at 1", "at 2", "at 3"]);
    wheel.close();
  },
);

behaviour("a timer can be reset in its callback, and long after it fired", async () => {
  const { clock, wheel, fired } = setUp();
  const timer: Timer = wheel.after(5, () => {
    fired.push(`at ${clock.now()}`);
    if (fired.length < 3) timer.reset();
  });
  await clock.advance(100);
  timer.reset(7);
  await clock.advance(100);
  assertEquals(fired, ["at 5", "at 10", "at 15", "at 107"]);
});

behaviour("remaining counts down and is 0 if the timer is not pending", async () => {
  const { clock, wheel } = setUp();
  const timer = wheel.after(100, () => {});
  await clock.advance(30);
  assertEquals(timer.remaining, 70);
  clock.block(500);
  assertEquals(timer.remaining, 0);
  timer.cancel();
  assertEquals(timer.remaining, 0);
});

behaviour("callbacks receive the argument of their timer", async () => {
  const { clock, wheel, fired } = setUp();
  const say = (name: string) => fired.push(name);
  wheel.after(1, say, { argument: "one" });
  wheel.after(1, say, { argument: "other" });
  await clock.advance(1);
  assertEquals(fired, ["one", "other"]);
});

behaviour("delete cancels a timer by id, once", async () => {
  const { clock, wheel, fired } = setUp();
  const timer = wheel.after(5, () => fired.push("deleted"));
  const other = wheel.after(5, () => fired.push("other"));
  assertEquals(timer.id !== other.id && timer.id > 0, true);
  assertEquals([wheel.delete(timer.id), wheel.delete(timer.id), wheel.delete(99)], [
    true,
    false,
    false,
  ]);
  await clock.advance(5);
  assertEquals([fired, wheel.delete(other.id)], [["other"], false]);
  other.reset();
  assertEquals(wheel.delete(other.id), true);
});
