/**
 * Parallel random walks over a service, always with the same seed. Each takes its share of the
 * steps. A walk that fails prints how to replay it; `chaos.ts` runs longer walks.
 */

import { RUNTIMES } from "../helpers/runtimes.ts";
import { walk } from "./chaos/walk.ts";

/** The length of a walk: a minute or two for all runtimes together. */
const STEPS = 4;

Deno.test("whatever happens to a service, its requests are answered", async () => {
  const walks = await Promise.allSettled(
    RUNTIMES.map((runtime, index) =>
      walk({ runtime, seed: 1, skip: index * STEPS, goesOn: (steps) => steps < STEPS })
    ),
  );
  const failures = walks.flatMap((one, index) =>
    one.status === "rejected" ? [`${RUNTIMES[index].name}: ${one.reason.message}`] : []
  );
  if (failures.length > 0) throw new Error(failures.join("\n\n"));
});
