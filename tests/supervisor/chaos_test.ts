/**
 * Random walks over a service, side by side, always with the same seed: each takes its share of the
 * steps. A walk that fails prints what to replay it with; `chaos.ts` walks further.
 */

import { RUNTIMES } from "../helpers/runtimes.ts";
import { walk } from "./chaos/walk.ts";

/** How long a walk is: a minute or two for all runtimes at once. */
const STEPS = 10;

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
