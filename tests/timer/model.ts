/** A simple model of a timing wheel: a list that is sorted for each query. */
export class SortedList {
  #sequence = 0;
  readonly #entries = new Map<number, { due: number; sequence: number }>();

  /** Inserts `id`, or moves it. */
  set(id: number, due: number): void {
    this.#entries.set(id, { due, sequence: this.#sequence++ });
  }

  /** Removes `id`. */
  delete(id: number): void {
    this.#entries.delete(id);
  }

  /** True if `id` is pending. */
  has(id: number): boolean {
    return this.#entries.has(id);
  }

  /** The tick of the first entry; Infinity if there is none. */
  get earliest(): number {
    return Math.min(Infinity, ...[...this.#entries.values()].map(({ due }) => due));
  }

  /** Takes the first entry that is due at `now`. */
  take(now: number): number | undefined {
    const [first] = [...this.#entries]
      .filter(([, { due }]) => due <= now)
      .sort(([, one], [, other]) => one.due - other.due || one.sequence - other.sequence);
    if (first !== undefined) this.#entries.delete(first[0]);
    return first?.[0];
  }
}
