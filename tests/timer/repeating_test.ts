import { assertEquals, assertMatch } from "@std/assert";
import { behaviour } from "../helpers/behaviour.ts";
import { TimingWheel } from "../../src/timer/timers.ts";
import { FakeClock } from "./fake_clock.ts";

function setUp(): { clock: FakeClock; wheel: TimingWheel; fired: number[]; errors: unknown[] } {
  const clock = new FakeClock();
  const errors: unknown[] = [];
  const wheel = new TimingWheel({ clock, onError: ({ cause }) => errors.push(cause) });
  return { clock, wheel, fired: [], errors };
}

behaviour("every does not drift, however late its callback is called", async () => {
  const { clock, wheel, fired } = setUp();
  wheel.every(10, () => {
    fired.push(clock.now());
    clock.block(3);
  });
  await clock.advance(50);
  wheel.close();
  assertEquals(fired, [10, 20, 30, 40, 50]);
});

behaviour("every skips the times at which its promise is pending", async () => {
  const { clock, wheel, fired } = setUp();
  let settle = () => {};
  const first = new Promise<void>((resolve) => settle = resolve);
  wheel.every(10, () => {
    fired.push(clock.now());
    return fired.length === 1 ? first : undefined;
  });
  await clock.advance(35);
  assertEquals(fired, [10]);
  settle();
  await clock.advance(15);
  wheel.close();
  assertEquals(fired, [10, 40, 50]);
});

behaviour("a timer that is reset while its promise is pending does not overlap", async () => {
  const { clock, wheel, fired } = setUp();
  let settle = () => {};
  const first = new Promise<void>((resolve) => settle = resolve);
  const timer = wheel.after(10, () => {
    fired.push(clock.now());
    return first;
  });
  await clock.advance(10);
  timer.reset();
  await clock.advance(25);
  assertEquals(fired, [10]);
  settle();
  await clock.advance(25);
  assertEquals(fired, [10, 40]);
});

behaviour("reset gives every a new period", async () => {
  const { clock, wheel, fired } = setUp();
  const timer = wheel.every(10, () => fired.push(clock.now()));
  await clock.advance(15);
  timer.reset(20);
  await clock.advance(45);
  wheel.close();
  assertEquals(fired, [10, 35, 55]);
});

behaviour("a process that was suspended fires what is due once, in order", async () => {
  const { clock, wheel } = setUp();
  const fired: string[] = [];
  wheel.after(500, () => fired.push("after 500"));
  wheel.every(100, () => fired.push("every 100"));
  wheel.after(3_000, () => fired.push("after 3000"));
  wheel.after(700_000, () => fired.push("after 700000"));
  await clock.suspend(600_050);
  assertEquals(fired, ["every 100", "after 500", "after 3000"]);
  await clock.advance(50);
  wheel.close();
  assertEquals(fired, ["every 100", "after 500", "after 3000", "every 100"]);
});

behaviour("a callback that throws is reported, and the next still fires", async () => {
  const { clock, wheel, fired, errors } = setUp();
  wheel.after(5, () => {
    throw new Error("thrown");
  });
  wheel.after(5, () => fired.push(clock.now()));
  await clock.advance(5);
  assertEquals([errors.map(String), fired], [["Error: thrown"], [5]]);
});

behaviour("a callback that rejects is reported, and its timer continues", async () => {
  const { clock, wheel, errors } = setUp();
  wheel.every(5, () => Promise.reject("rejected"));
  await clock.advance(10);
  wheel.close();
  assertEquals(errors, ["rejected", "rejected"]);
});

behaviour("an error of onError goes to the console", async () => {
  const clock = new FakeClock();
  const fired: number[] = [];
  const wheel = new TimingWheel({
    clock,
    onError() {
      throw "from onError";
    },
  });
  wheel.after(5, () => {
    throw new Error("thrown");
  });
  wheel.after(5, () => fired.push(clock.now()));
  const logged = await consoleErrors(() => clock.advance(5));
  assertEquals([logged, fired], [["from onError (string)"], [5]]);
});

behaviour("without onError, errors go to the console with their cause", async () => {
  const clock = new FakeClock();
  const wheel = new TimingWheel({ clock });
  wheel.after(5, () => {
    throw "thrown";
  });
  const [logged] = await consoleErrors(() => clock.advance(5));
  assertMatch(String(logged), /^GoerError GOER_HANDLER: [^]*\ncaused by thrown \(string\)$/);
});

/** The console output while `body` runs. */
async function consoleErrors(body: () => Promise<void>): Promise<unknown[]> {
  const { error } = console;
  const logged: unknown[] = [];
  console.error = (value: unknown) => logged.push(value);
  try {
    await body();
  } finally {
    console.error = error;
  }
  return logged;
}
