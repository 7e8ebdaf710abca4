/** No input of a peer causes work that grows faster than the input. */

import { assertEquals } from "@std/assert";
import { bundled } from "../helpers/bundled.ts";
import { inTurn, RUNTIMES } from "../helpers/runtimes.ts";
import { lastLine } from "./program.ts";

const bun = RUNTIMES.filter(({ name }) => name === "bun");
const others = RUNTIMES.filter(({ name }) => name !== "bun");

// Deno and Node have the same engine.
for (const runtime of [...bun, ...inTurn(others)]) {
  Deno.test(`${runtime.name}: the worst inputs of each grammar take linear time`, async () => {
    const { measured, growing } = JSON.parse(
      await lastLine(bundled(runtime), "tests/hostile/growth.ts"),
    );
    assertEquals(growing, []);
    assertEquals(measured > 400, true, `only ${measured} inputs were measured`);
  });
}
