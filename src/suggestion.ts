/**
 * Suggests a known name for a misspelt one.
 *
 * @module
 */

/**
 * The known name that is closest to a misspelt one.
 *
 * @param name The unknown name.
 * @param known The known names.
 * @returns `undefined` if more than a third of the letters would have to change.
 */
function closestName(name: string, known: Iterable<string>): string | undefined {
  let closest: string | undefined;
  let least = Math.floor(name.length / 3) + 1;
  for (const other of known) {
    const distance = distanceOf(name.toLowerCase(), other.toLowerCase());
    if (distance >= least) continue;
    closest = other;
    least = distance;
  }
  return closest;
}

/** `: did you mean "--workers"?`, or an empty string. `mark` precedes the name. */
export function suggestion(name: string, known: Iterable<string>, mark = ""): string {
  const closest = closestName(name, known);
  return closest === undefined ? "" : `: did you mean "${mark}${closest}"?`;
}

/** How many letters must be changed, added, removed, or swapped with the next one. */
function distanceOf(one: string, other: string): number {
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let index = 0; index < one.length; index++) {
    const next = [index + 1];
    for (let place = 0; place < other.length; place++) {
      const changed = row[place] + (one[index] === other[place] ? 0 : 1);
      let distance = Math.min(changed, row[place + 1] + 1, next[place] + 1);
      if (one[index] === other[place - 1] && one[index - 1] === other[place]) {
        distance = Math.min(distance, before[place - 1] + 1);
      }
      next.push(distance);
    }
    before = row;
    row = next;
  }
  return row[other.length];
}
