/**
 * The hierarchical timing wheel (Varghese and Lauck, 1987, scheme 7). Its input is whole ticks, its
 * output is due entries. It does not use a clock.
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
 * The place of an entry depends only on its due tick and on the wheel's own tick: it is on the
 * level of the highest digit (base 32) in which the two differ, in the slot of its own digit there.
 * Entries beyond the window of the last level wait in one list until the window moves there. When
 * the wheel reaches the start of a slot, it places the entries of that slot again.
 *
 * So postponing an entry does not move it. Storing its new due tick is enough, because its slot
 * comes first and then places it where it belongs. A server postpones timers with every message and
 * few of them fire, so {@linkcode Wheel.move} does just that.
 *
 * @module
 */

/** Bits of one digit. A level has 32 slots, because one integer can mark as many as occupied. */
const DIGIT_BITS = 5;
const SLOTS = 1 << DIGIT_BITS;
const LEVELS = 6;
/** Ticks in the window of the last level: 30 bits, which every engine stores as a small integer. */
const WINDOW = 2 ** (DIGIT_BITS * LEVELS);
/** The number of the list of entries beyond the window. Slots have lower numbers. */
const BEYOND = LEVELS * SLOTS;

/** The level of the highest digit of a difference, by its leading zeros. */
const LEVEL_OF = Uint8Array.from({ length: 33 }, (_, zeros) => {
  return Math.max(0, Math.floor((31 - zeros) / DIGIT_BITS));
});

/**
 * An entry of the wheel: a node in the circular list of its slot. If linked to itself, it is in no
 * list.
 */
export interface Entry {
  /** The tick at which it is due. */
  due: number;
  /**
   * Counts up with each insertion and move: the order of entries of the same tick. It wraps around.
   */
  sequence: number;
  /** The next entry in its slot. */
  next: Entry;
  /** The previous entry in its slot. */
  previous: Entry;
}

/** Entries by due tick, with insertion and removal in constant time. */
export class Wheel<Item extends Entry> {
  /** How many entries are in the wheel and not due yet. */
  size = 0;
  /** Nothing is due before this tick. May be too early after a removal, never too late. */
  wake: number = Infinity;
  /** The wheel's own tick. */
  #now = 0;
  /** The first tick of the window of the last level. */
  #windowStart = 0;
  /** The wheel's position in that window. */
  #offset = 0;
  #sequence = 0;
  /** Per level, the slots that may have entries. */
  readonly #occupied = new Int32Array(LEVELS);
  /** Per slot, the node before the first and after the last entry. */
  readonly #slots: Entry[];

  /**
   * @param now The tick to start at.
   * @param head Creates the head of a slot, a node in no list. It should have the shape of the
   * entries: engines are fastest with objects of one shape.
   */
  constructor(now: number, head: () => Entry) {
    this.#slots = Array.from({ length: BEYOND + 1 }, head);
    this.#moveTo(now);
  }

  /**
   * Inserts an entry that is not in the wheel.
   *
   * @param entry What to insert.
   * @param due The tick at which it is due, after `now`.
   * @param now The present tick, or one before it.
   */
  insert(entry: Item, due: number, now: number): void {
    this.size++;
    entry.due = due;
    entry.sequence = this.#sequence = (this.#sequence + 1) | 0;
    // Following the clock is free while no slot has to be entered on the way.
    if (now > this.#now && now < this.wake) this.#moveTo(now);
    this.#place(entry);
  }

  /**
   * Gives an entry that is in the wheel another due tick.
   *
   * @param entry What to move.
   * @param due The tick at which it is due now, after `now`.
   * @param now The present tick, or one before it.
   */
  move(entry: Item, due: number, now: number): void {
    const earlier = due < entry.due;
    entry.due = due;
    entry.sequence = this.#sequence = (this.#sequence + 1) | 0;
    if (earlier) {
      unlink(entry);
      if (now > this.#now && now < this.wake) this.#moveTo(now);
      this.#place(entry);
    }
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
   * Takes the next due entry: by due tick, then in the order of insertion.
   *
   * @param now The present tick.
   * @returns The entry, now in no list, or `undefined` if nothing is due.
   */
  take(now: number): Item | undefined {
    while (true) {
      const head = this.#slots[this.#now % SLOTS];
      const entry = head.next as Item;
      if (entry === head) {
        if (!this.#advance(now)) return undefined;
      } else if (entry.due > this.#now) { // Postponed after its tick had come.
        unlink(entry);
        this.#place(entry);
      } else {
        this.remove(entry);
        return entry;
      }
    }
  }

  /** All entries, by slot. */
  *[Symbol.iterator](): Generator<Item, void> {
    for (const head of this.#slots) {
      for (let entry = head.next; entry !== head; entry = entry.next) yield entry as Item;
    }
  }

  /** Appends `entry` to the list it belongs to. */
  #place(entry: Entry): void {
    const offset = entry.due - this.#windowStart;
    if (offset >= WINDOW) {
      append(this.#slots[BEYOND], entry);
      this.wake = Math.min(this.wake, this.#windowStart + WINDOW);
      return;
    }
    // An entry that is due now differs in no digit and goes to the current slot of level 0.
    const level = LEVEL_OF[Math.clz32(offset ^ this.#offset)];
    const shift = level * DIGIT_BITS;
    const digit = (offset >>> shift) & (SLOTS - 1);
    this.#occupied[level] |= 1 << digit;
    append(this.#slots[level * SLOTS + digit], entry);
    const start = this.#windowStart + ((offset >>> shift) << shift);
    if (start < this.wake) this.wake = start;
  }

  /** Moves to the next slot with entries, unless it begins after `now`. */
  #advance(now: number): boolean {
    if (now < this.wake) return false;
    const slot = this.#earliest();
    this.wake = slot < 0 ? Infinity : this.#startOf(slot);
    if (now < this.wake) return false;
    this.#enter(slot);
    return true;
  }

  /** The number of the slot to enter next, or -1 if all are empty. */
  #earliest(): number {
    for (let level = 0; level < LEVELS; level++) {
      // All slots of a level are entered before the next one of the level above.
      while (this.#occupied[level] !== 0) {
        const bits = this.#occupied[level];
        const digit = 31 - Math.clz32(bits & -bits);
        const slot = level * SLOTS + digit;
        if (!isEmpty(this.#slots[slot])) return slot;
        this.#occupied[level] &= ~(1 << digit); // A removal does not clear the mark.
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
    return this.#windowStart + ((this.#offset >>> above) << above) + ((slot % SLOTS) << shift);
  }

  /** Moves to the first tick of `slot` and places its entries again: as due, or on lower levels. */
  #enter(slot: number): void {
    this.#moveTo(this.wake);
    const head = this.#slots[slot];
    // Detach all of them first: an entry can return to the same list.
    let entry = head.next;
    const last = head.previous;
    head.next = head.previous = head;
    while (true) {
      const next = entry.next;
      this.#place(entry);
      if (entry === last) break;
      entry = next;
    }
    sort(this.#slots[this.#now % SLOTS]);
  }

  #moveTo(tick: number): void {
    this.#now = tick;
    if (tick - this.#windowStart >= WINDOW) this.#windowStart = tick - tick % WINDOW;
    this.#offset = tick - this.#windowStart;
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

/** Sorts the entries of a slot, because postponed ones are out of order. */
function sort(head: Entry): void {
  const entries: Entry[] = [];
  let sorted = true;
  for (let entry = head.next; entry !== head; entry = entry.next) {
    entries.push(entry);
    if (entry.next !== head && precedes(entry.next, entry)) sorted = false;
  }
  if (sorted) return;
  entries.sort((one, other) => precedes(one, other) ? -1 : 1);
  head.next = head.previous = head;
  for (const entry of entries) append(head, entry);
}

function precedes(one: Entry, other: Entry): boolean {
  return ((one.sequence - other.sequence) | 0) < 0;
}
