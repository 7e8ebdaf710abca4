/**
 * Measures how the work of each grammar grows with its input, and prints as JSON what grows faster
 * than the input.
 *
 * @module
 */

import { type Grammar, GRAMMARS } from "./grammars.ts";
import { attack, leastTime } from "./peer.ts";

/** The lengths of the inputs, in KiB. */
const SIZES = [1, 2, 4, 8, 16, 64];

/**
 * A byte of the longest input may cost this many times as much as one of a shorter input, because
 * caches are small.
 */
const MAX_GROWTH = 3;

/**
 * Other processes can disturb a measurement, so results that seem to grow are measured again, for
 * longer.
 */
const TRIES = 6;

/** The cost of a KiB for each length, in ms. */
async function costsOf({ input, ...target }: Grammar, attempt: number): Promise<number[]> {
  const costs = [];
  for (const size of SIZES) {
    const bytes = input(size * 1024);
    const time = await leastTime(() => attack(target, bytes), {
      rounds: 1 + 2 * attempt,
      minDuration: 0.2 + attempt,
    });
    costs.push(time * 1024 / bytes.length);
  }
  return costs;
}

const growing: string[] = [];
for (const grammar of GRAMMARS) {
  let growth = Infinity;
  let costs: number[] = [];
  for (let attempt = 0; attempt < TRIES && growth > MAX_GROWTH; attempt++) {
    costs = await costsOf(grammar, attempt);
    growth = costs.at(-1)! / Math.min(...costs);
    // No disturbance is this large twice.
    if (attempt > 0 && growth > 10 * MAX_GROWTH) break;
  }
  if (growth > MAX_GROWTH) {
    growing.push(`${grammar.name}: ${costs.map((cost) => cost.toFixed(4)).join(", ")} ms/KiB`);
  }
}
console.log(JSON.stringify({ measured: GRAMMARS.length, growing }));
globalThis.process.exit(0);
