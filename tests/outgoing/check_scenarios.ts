/** Checks what the scenarios of an app have seen, on a runtime. */

import { assertEquals } from "@std/assert";
import type { Runtime } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { Socket } from "../helpers/socket.ts";
import { inTime } from "../helpers/wait.ts";

/** What a scenario shows, its name in the app, what it sees, and why it cannot run, if so. */
export type Scenario = [shows: string, name: string, expected: unknown[], skip?: string];

/** Runs scenarios of `app` in one process, each as a step. */
export async function checkScenarios(
  app: string,
  scenarios: readonly Scenario[],
  runtime: Runtime,
  context: Deno.TestContext,
): Promise<void> {
  await using served = await serve<string>(runtime, app);
  using control = await Socket.connect(served.ready);
  for (const [shows, name, expected, skip] of scenarios) {
    await context.step({
      name: skip === undefined ? shows : `${shows} (skipped: ${skip})`,
      ignore: skip !== undefined,
      fn: async () => {
        await control.send(`${name}\n`);
        assertEquals(JSON.parse(await inTime(control.line(), name)), expected);
      },
    });
  }
}
