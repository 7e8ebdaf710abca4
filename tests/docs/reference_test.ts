import { assertEquals } from "@std/assert";
import { makeReference, REFERENCE } from "../../tools/reference.ts";

Deno.test("the reference matches the sources: run deno task reference", async () => {
  assertEquals(await Deno.readTextFile(REFERENCE), await makeReference());
});
