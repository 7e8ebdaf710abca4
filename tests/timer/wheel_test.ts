import { assert, assertEquals } from "@std/assert";
import { behaviour } from "../helpers/behaviour.ts";
import fc from "fast-check";
import { type Entry, Wheel } from "../../src/timer/wheel.ts";
import { SortedList } from "./model.ts";

/** Operations on the wheel and the model. `pick` chooses among all entries that ever existed. */
type Step =
  | { do: "insert"; delay: number }
  | { do: "remove"; pick: number }
  | { do: "move"; pick: number; delay: number }
  | { do: "advance"; ticks: number };

class Item implements Entry {
  due = 0;
  sequence = 0;
  next: Entry = this;
  previous: Entry = this;

  constructor(readonly id: number) {}
}

function wheelAt(now: number): Wheel<Item> {
  return new Wheel(now, () => new Item(0));
}

/** A wheel and its model. */
class Pair {
  readonly #wheel: Wheel<Item>;
  readonly #model = new SortedList();
  readonly #items: Item[] = [];
  #now: number;

  constructor(now: number) {
    this.#now = now;
    this.#wheel = wheelAt(now);
  }

  /** Performs `step`. `reactions` are performed while entries are taken, one after each. */
  do(step: Step, reactions: Step[]): void {
    const item = "pick" in step ? this.#items[step.pick % this.#items.length] : undefined;
    const pending = item !== undefined && this.#model.has(item.id);
    if (step.do === "insert") {
      const added = new Item(this.#items.length);
      this.#items.push(added);
      this.#insert(added, step.delay);
    } else if (step.do === "remove" && pending) {
      this.#wheel.remove(item);
      this.#model.delete(item.id);
    } else if (step.do === "move" && pending) {
      this.#wheel.move(item, this.#now + step.delay, this.#now);
      this.#model.set(item.id, this.#now + step.delay);
    } else if (step.do === "move" && item !== undefined) {
      this.#insert(item, step.delay);
    } else if (step.do === "advance") {
      this.#now += step.ticks;
      this.#takeAll(reactions);
    }
    assert(this.#wheel.wake <= this.#model.earliest);
  }

  /** Advances to each tick at which anything is due, until nothing is left. */
  finish(): void {
    while (this.#model.earliest < Infinity) {
      this.#now = this.#model.earliest - 1;
      this.#takeAll([]);
      this.#now++;
      this.#takeAll([]);
    }
    assertEquals(this.#wheel.size, 0);
    assertEquals(this.#wheel.wake, Infinity);
  }

  #insert(item: Item, delay: number): void {
    this.#wheel.insert(item, this.#now + delay, this.#now);
    this.#model.set(item.id, this.#now + delay);
  }

  #takeAll(reactions: Step[]): void {
    while (true) {
      const expected = this.#model.take(this.#now);
      assertEquals(this.#wheel.take(this.#now)?.id, expected);
      if (expected === undefined) return;
      const reaction = reactions.shift();
      if (reaction !== undefined && reaction.do !== "advance") this.do(reaction, []);
    }
  }
}

/** Numbers of ticks on each scale, with many that coincide. */
const ticks = fc.oneof(
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 1, max: 2_000 }),
  fc.integer({ min: 1, max: 2 ** 21 }),
  fc.integer({ min: 1, max: 2 ** 31 }),
  fc.integer({ min: 1, max: 2 ** 45 }),
);
const starts = fc.oneof(
  fc.constantFrom(0, 31, 1_023, 2 ** 30 - 2, 2 ** 30, 2 ** 31 - 2, 2 ** 32 - 1, 2 ** 48),
  fc.nat(2_000_000),
);
const pick = fc.nat(1_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("insert" as const), delay: ticks }),
  fc.record({ do: fc.constant("remove" as const), pick }),
  fc.record({ do: fc.constant("move" as const), pick, delay: ticks }),
  fc.record({ do: fc.constant("advance" as const), ticks }),
);

behaviour(
  "a wheel takes the same entries in the same order at the same tick as a sorted list",
  () => {
    fc.assert(
      fc.property(
        starts,
        fc.array(step, { maxLength: 60 }),
        fc.array(step, { maxLength: 30 }),
        (now, steps, reactions) => {
          const pair = new Pair(now);
          for (const step of steps) pair.do(step, reactions);
          pair.finish();
        },
      ),
      { numRuns: 3_000 },
    );
  },
);

behaviour("an entry is due at its tick, and not before, around the reach of each level", () => {
  for (const start of [0, 1, 31, 32, 1_000_003, 2 ** 30 - 1, 2 ** 31, 2 ** 40 + 5]) {
    for (let level = 1; level <= 8; level++) {
      for (const delay of [32 ** level - 1, 32 ** level, 32 ** level + 1]) {
        const wheel = wheelAt(start);
        wheel.insert(new Item(1), start + delay, start);
        assertEquals(wheel.take(start + delay - 1), undefined);
        assertEquals(wheel.take(start + delay)?.id, 1);
      }
    }
  }
});

behaviour(
  "a wheel wakes for a single entry at most once per level, and once per window of 2^30 ticks",
  () => {
    for (const delay of [1, 31, 1_000, 60_000, 3_600_000, 2 ** 30 - 1, 2 ** 33 + 12_345]) {
      const wheel = wheelAt(7);
      wheel.insert(new Item(1), 7 + delay, 7);
      let wakings = 0;
      while (wheel.take(wheel.wake) === undefined) wakings++;
      assert(wakings <= 6 + delay / 2 ** 30, `${wakings} for ${delay}`);
    }
  },
);

behaviour(
  "an entry that is postponed repeatedly is moved when its slot comes, and not before",
  () => {
    const wheel = wheelAt(0);
    const item = new Item(1);
    wheel.insert(item, 60_000, 0);
    const { wake } = wheel;
    for (let now = 0; now < wake; now += 60) wheel.move(item, now + 60_000, now);
    assertEquals(wheel.wake, wake);
    const due = item.due;
    assertEquals(wheel.take(due - 1), undefined);
    assertEquals(wheel.take(due), item);
  },
);

behaviour("the order of insertion is kept when its counter wraps around", () => {
  const wheel = wheelAt(0);
  const items = [new Item(0), new Item(1), new Item(2)];
  for (const item of items) wheel.insert(item, 50, 0);
  items[0].sequence = 2 ** 31 - 2;
  items[1].sequence = 2 ** 31 - 1;
  items[2].sequence = -(2 ** 31);
  wheel.move(items[1], 50, 0);
  items[1].sequence = -(2 ** 31) + 1;
  assertEquals([wheel.take(50)?.id, wheel.take(50)?.id, wheel.take(50)?.id], [0, 2, 1]);
});
