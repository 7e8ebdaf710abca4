import { GoerError } from "../../src/errors.ts";
import { startInfo } from "../../src/start_info.ts";
import { assertEquals, assertThrows } from "@std/assert";
import { behaviour } from "../helpers/behaviour.ts";
import { type CronOptions, TimingWheel } from "../../src/timer/timers.ts";
import { FakeClock } from "./fake_clock.ts";

const HOUR = 3_600_000;

/** When `expression` fires in the `duration` after `start`, in UTC. */
async function datesOf(
  expression: string,
  start: string,
  duration: number,
  options?: CronOptions,
): Promise<string[]> {
  const clock = new FakeClock(123.4, Date.parse(start));
  const wheel = new TimingWheel({ clock });
  const dates: string[] = [];
  wheel.cron(expression, () => dates.push(new Date(clock.date()).toISOString()), options);
  await clock.advance(duration);
  wheel.close();
  return dates.map((date) => date.slice(0, 19));
}

behaviour("cron fires at the minutes that match its expression", async () => {
  const options = { timeZone: "UTC" };
  assertEquals(
    await datesOf("*/20 8-9 * * MON", "2026-03-02T07:59:30Z", 24 * HOUR, options),
    ["08:00", "08:20", "08:40", "09:00", "09:20", "09:40"].map((time) => `2026-03-02T${time}:00`),
  );
});

behaviour("cron accepts seconds as a sixth field", async () => {
  assertEquals(
    await datesOf("*/25 * * * * *", "2026-03-02T08:00:01Z", 60_000, { timeZone: "UTC" }),
    ["2026-03-02T08:00:25", "2026-03-02T08:00:50", "2026-03-02T08:01:00"],
  );
});

behaviour("cron follows its time zone through the change to summer time", async () => {
  assertEquals(
    await datesOf("0 8 * * *", "2026-03-27T12:00:00Z", 72 * HOUR, { timeZone: "Europe/Vienna" }),
    ["2026-03-28T07:00:00", "2026-03-29T06:00:00", "2026-03-30T06:00:00"],
  );
});

behaviour("cron fires once for all dates that a suspended machine has missed", async () => {
  const clock = new FakeClock(0, Date.parse("2026-03-02T08:00:30Z"));
  const wheel = new TimingWheel({ clock });
  let fired = 0;
  wheel.cron("* * * * *", () => fired++);
  clock.setDate(24 * HOUR); // Monotonic time has not noticed.
  await clock.advance(30_000);
  assertEquals(fired, 1);
  await clock.advance(60_000);
  assertEquals(fired, 2);
  wheel.close();
});

behaviour("cron skips dates while its callback is pending", async () => {
  const clock = new FakeClock();
  const wheel = new TimingWheel({ clock });
  let done = () => {};
  let fired = 0;
  wheel.cron("* * * * *", () => {
    fired++;
    return new Promise<void>((resolve) => done = resolve);
  });
  await clock.advance(5 * 60_000);
  assertEquals(fired, 1);
  done();
  await clock.advance(60_000);
  assertEquals(fired, 2);
  wheel.close();
});

for (
  const [what, expression, options] of [
    ["an invalid expression", "at noon", {}],
    ["a minute over 59", "60 * * * *", {}],
    ["too few fields", "* * *", {}],
    ["a day that does not exist", "0 0 30 2 *", {}],
    ["an unknown time zone", "* * * * *", { timeZone: "Mars/Olympus" }],
    ["a negative worker", "* * * * *", { worker: -1 }],
    ["a worker and a half", "* * * * *", { worker: 1.5 }],
  ] as const
) {
  behaviour(`cron refuses ${what}`, () => {
    const wheel = new TimingWheel({ clock: new FakeClock() });
    const kind = "worker" in options ? GoerError : RangeError;
    assertThrows(() => wheel.cron(expression, () => {}, options), kind);
    assertEquals(wheel.size, 0);
  });
}

behaviour(
  "cron with a worker fires only in that worker, and without a supervisor in worker 0",
  () => {
    const wheel = new TimingWheel({ clock: new FakeClock() });
    const pending = (worker?: number) => {
      const timer = wheel.cron("* * * * *", () => {}, { worker });
      return timer.pending || timer.reset().pending;
    };
    const info = startInfo();
    assertEquals([pending(), pending(0), pending(1)], [true, true, false]);
    try {
      info.worker = { site: "test", id: 7, slot: 1, generation: 1, services: [] };
      assertEquals([pending(), pending(0), pending(1)], [true, false, true]);
    } finally {
      delete info.worker;
    }
    wheel.close();
  },
);
