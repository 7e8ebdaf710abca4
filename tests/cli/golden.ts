/**
 * Screens that are compared with files. `GOLDEN=write` in the environment writes the files.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { ROOT } from "../tools.ts";

/** Compares a screen with `tests/cli/golden/<name>.txt`. */
export async function assertGolden(name: string, screen: string): Promise<void> {
  const path = `${ROOT}tests/cli/golden/${name}.txt`;
  if (Deno.env.get("GOLDEN") === "write") return await Deno.writeTextFile(path, screen);
  assertEquals(screen, await Deno.readTextFile(path), `${name} differs from ${path}`);
}
