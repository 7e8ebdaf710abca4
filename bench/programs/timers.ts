/**
 * Measures timers of one kind in a separate process, which `bench/timers.ts` starts, and prints the
 * result as one line of JSON.
 *
 * @module
 */

import process from "node:process";
import { type Timer, TimingWheel } from "../../mod.ts";

/** The results of a process. */
export interface TimerCosts {
  /** Adding a timer and cancelling it, in µs. */
  add: number;
  /** Restarting a pending timer with the same delay, in order, in µs. */
  reset: number;
  /** The same in random order, in µs. */
  resetRandomly: number;
  /** Memory of the process for each pending timer, in bytes. */
  memory: number;
}

/** Timers of one kind, with `pending` ones waiting. */
interface Contestant {
  fill(delays: Int32Array): void;
  add(delay: number): void;
  reset(index: number, delay: number): void;
}

/** From 17 minutes to an hour, so that none fires while they are measured. */
const SHORTEST = 1_000_000;
const LONGEST = 3_600_000;
const OPERATIONS = 1_000_000;
/** The minimum of this many rounds counts, because the rest is other load on the machine. */
const ROUNDS = 7;

function callback(): void {}

function wheelContestant(): Contestant {
  const wheel = new TimingWheel();
  const timers: Timer[] = [];
  return {
    fill: (delays) => {
      for (const delay of delays) timers.push(wheel.after(delay, callback));
    },
    add: (delay) => wheel.after(delay, callback).cancel(),
    reset: (index) => timers[index].reset(),
  };
}

function nativeContestant(): Contestant {
  const timers: ReturnType<typeof setTimeout>[] = [];
  return {
    fill: (delays) => {
      for (const delay of delays) timers.push(setTimeout(callback, delay));
    },
    add: (delay) => clearTimeout(setTimeout(callback, delay)),
    reset(index, delay) {
      clearTimeout(timers[index]);
      timers[index] = setTimeout(callback, delay);
    },
  };
}

/** Pseudorandom numbers, the same in each process. */
function pseudorandom(count: number, from: number, to: number): Int32Array {
  let state = 12_345;
  return Int32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return from + Math.floor(state / 0x8000_0000 * (to - from));
  });
}

/** The cost of one of the `OPERATIONS` in `body`: CPU time of all threads, in µs. */
function cost(body: () => void): number {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const begin = process.cpuUsage();
    body();
    const { user, system } = process.cpuUsage(begin);
    least = Math.min(least, (user + system) / OPERATIONS);
  }
  return least;
}

async function measure(contestant: Contestant, pending: number): Promise<TimerCosts> {
  const delays = pseudorandom(pending, SHORTEST, LONGEST);
  const order = pseudorandom(OPERATIONS, 0, pending);
  const before = process.memoryUsage().rss;
  contestant.fill(delays);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const memory = (process.memoryUsage().rss - before) / pending;
  const add = cost(() => {
    for (let index = 0; index < OPERATIONS; index++) contestant.add(delays[index % pending]);
  });
  const reset = cost(() => {
    for (let index = 0; index < OPERATIONS; index++) {
      contestant.reset(index % pending, delays[index % pending]);
    }
  });
  const resetRandomly = cost(() => {
    for (let index = 0; index < OPERATIONS; index++) {
      contestant.reset(order[index], delays[order[index]]);
    }
  });
  return { add, reset, resetRandomly, memory };
}

const [kind, pending] = process.argv.slice(2);
const contestant = kind === "wheel" ? wheelContestant() : nativeContestant();
console.log(JSON.stringify(await measure(contestant, Number(pending))));
process.exit(0);
