import { assertEquals } from "@std/assert";
import { makeReference, REFERENCE } from "../../tools/reference.ts";

Deno.test("the reference says what the sources say: run deno task reference", async () => {
  assertEquals(await Deno.readTextFile(REFERENCE), await makeReference());
});
