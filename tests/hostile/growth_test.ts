/** No input of a peer causes work that grows faster than the input. */

import { assertEquals } from "@std/assert";
import { bundled } from "../helpers/bundled.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { lastLine } from "./program.ts";

testOnEach("the worst inputs of each grammar take linear time", async (runtime) => {
  const { measured, growing } = JSON.parse(
    await lastLine(bundled(runtime), "tests/hostile/growth.ts"),
  );
  assertEquals(growing, []);
  assertEquals(measured > 400, true, `only ${measured} inputs were measured`);
});
