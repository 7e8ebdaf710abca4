/**
 * The hierarchical timing wheel (Varghese and Lauck, 1987, scheme 7): whole ticks in, due entries
 * out. It knows no clock.
 *
 * | level | slot width in ticks | reach in ticks | reach at 1 ms a tick |
 * | ----- | ------------------- | -------------- | -------------------- |
 * | 0     | 1                   | 32             | 32 ms                |
 * | 1     | 32                  | 1,024          | 1 s                  |
 * | 2     | 1,024               | 32,768         | 33 s                 |
 * | 3     | 32,768              | 1,048,576      | 17 min               |
 * | 4     | 1,048,576           | 33,554,432     | 9 h                  |
 * | 5     | 33,554,432          | 1,073,741,824  | 12 days              |
 *
 * Where an entry stands depends on its due tick and on the wheel's own tick alone: on the level of
 * the highest digit (base 32) in which the two differ, in the slot of its own digit there. Hence
 * entries due at one tick always share one slot, in the order in which they were inserted, and come
 * out in that order. What lies beyond the last level's window waits in one list until the window
 * moves there.
 *
 * @module
 */

/** Bits of one digit. A level then has 32 slots: as many as one integer can mark as occupied. */
const DIGIT_BITS = 5;
const SLOTS = 1 << DIGIT_BITS;
const LEVELS = 6;
/** Ticks in the window of the last level: 30 bits, which every engine keeps as a small integer. */
const WINDOW = 2 ** (DIGIT_BITS * LEVELS);
/** The number of the list of what is due after the window; the slots are numbered below it. */
const BEYOND = LEVELS * SLOTS;

/** What the wheel holds: a node of the circular list of its slot. Linked to itself: in no list. */
export class Entry {
  /** The tick at which it is due. */
  due = 0;
  /** The entry after it in its slot. */
  next: Entry = this;
  /** The entry before it in its slot. */
  previous: Entry = this;
}

/** Entries by due tick: insertion and removal in constant time. */
export class Wheel<Item extends Entry> {
  /** How many entries are inserted and neither due nor removed yet. */
  size = 0;
  /** Nothing is due before this tick. May be too early after a removal, never too late. */
  wake: number = Infinity;
  /** The tick the wheel stands at. */
  #now = 0;
  /** The first tick of the window of the last level. */
  #windowStart = 0;
  /** Per level, the slots that may have entries. */
  readonly #occupied = new Int32Array(LEVELS);
  readonly #slots = Array.from({ length: BEYOND + 1 }, () => new Entry());
  /** Entries whose tick has come and that `take` has not returned yet. */
  readonly #due = new Entry();

  /**
   * @param now The tick to start at.
   */
  constructor(now = 0) {
    this.#moveTo(now);
  }

  /**
   * Inserts an entry that is in no list.
   *
   * @param entry What to insert. Its `due` says for when: after `now`.
   * @param now The present tick; it never goes back.
   */
  insert(entry: Item, now: number): void {
    // Before `wake` there is no slot to enter on the way, so the wheel may simply follow the clock.
    if (now < this.wake) this.#moveTo(now);
    const start = this.#place(entry);
    if (start < this.wake) this.wake = start;
    this.size++;
  }

  /**
   * Removes an entry that is in the wheel, or due and not taken yet.
   *
   * @param entry What to remove.
   */
  remove(entry: Item): void {
    unlink(entry);
    if (--this.size === 0) this.wake = Infinity;
  }

  /**
   * Takes the next due entry: by due tick, and by the order of insertion among those of one tick.
   *
   * @param now The present tick.
   * @returns The entry, in no list any more, or `undefined` where nothing is due.
   */
  take(now: number): Item | undefined {
    while (this.#due.next === this.#due) {
      if (now < this.wake) return undefined;
      const slot = this.#earliest();
      this.wake = slot < 0 ? Infinity : this.#startOf(slot);
      if (now < this.wake) return undefined;
      this.#enter(slot);
    }
    const entry = this.#due.next as Item;
    this.remove(entry);
    return entry;
  }

  /** All entries, by slot. */
  *[Symbol.iterator](): Generator<Item, void> {
    for (const head of [this.#due, ...this.#slots]) {
      for (let entry = head.next; entry !== head; entry = entry.next) yield entry as Item;
    }
  }

  /** Appends `entry` to the list it belongs to and returns the tick at which that list is entered. */
  #place(entry: Entry): number {
    const offset = entry.due - this.#windowStart;
    if (offset >= WINDOW) {
      append(this.#slots[BEYOND], entry);
      return this.#windowStart + WINDOW;
    }
    const difference = offset ^ (this.#now - this.#windowStart);
    if (difference === 0) {
      append(this.#due, entry);
      return entry.due;
    }
    const level = ((31 - Math.clz32(difference)) / DIGIT_BITS) | 0;
    const shift = level * DIGIT_BITS;
    const digit = (offset >>> shift) & (SLOTS - 1);
    this.#occupied[level] |= 1 << digit;
    append(this.#slots[level * SLOTS + digit], entry);
    return this.#windowStart + ((offset >>> shift) << shift);
  }

  /** The number of the slot that is to be entered first, or -1 where all are empty. */
  #earliest(): number {
    for (let level = 0; level < LEVELS; level++) {
      // All slots of a level are entered before the next one of the level above.
      while (this.#occupied[level] !== 0) {
        const bits = this.#occupied[level];
        const digit = 31 - Math.clz32(bits & -bits);
        const slot = level * SLOTS + digit;
        if (!isEmpty(this.#slots[slot])) return slot;
        this.#occupied[level] &= ~(1 << digit); // Removal leaves the mark behind.
      }
    }
    return isEmpty(this.#slots[BEYOND]) ? -1 : BEYOND;
  }

  /** The tick at which `slot` is entered. */
  #startOf(slot: number): number {
    if (slot === BEYOND) return this.#windowStart + WINDOW;
    const level = (slot / SLOTS) | 0;
    const shift = level * DIGIT_BITS;
    const above = shift + DIGIT_BITS;
    const offset = this.#now - this.#windowStart;
    return this.#windowStart + ((offset >>> above) << above) + ((slot % SLOTS) << shift);
  }

  /** Goes to the first tick of `slot` and places its entries anew: as due, or on lower levels. */
  #enter(slot: number): void {
    this.#moveTo(this.#startOf(slot));
    const head = this.#slots[slot];
    if (slot < BEYOND) this.#occupied[(slot / SLOTS) | 0] &= ~(1 << (slot % SLOTS));
    // Detached whole first: what is still beyond the window goes back to the very same list.
    let entry = head.next;
    const last = head.previous;
    head.next = head.previous = head;
    while (true) {
      const next = entry.next;
      this.#place(entry);
      if (entry === last) break;
      entry = next;
    }
  }

  #moveTo(tick: number): void {
    this.#now = tick;
    if (tick - this.#windowStart >= WINDOW) this.#windowStart = tick - tick % WINDOW;
  }
}

function isEmpty(head: Entry): boolean {
  return head.next === head;
}

function append(head: Entry, entry: Entry): void {
  const last = head.previous;
  entry.previous = last;
  entry.next = head;
  last.next = entry;
  head.previous = entry;
}

function unlink(entry: Entry): void {
  entry.previous.next = entry.next;
  entry.next.previous = entry.previous;
  entry.next = entry.previous = entry;
}
