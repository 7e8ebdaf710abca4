import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { linesBackwards } from "../../src/runtime/files/tail.ts";

/** The lines of a file with this text, from the last one. */
async function read(text: string): Promise<string[]> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, text);
    return [...linesBackwards(path, new TextEncoder().encode(text).length)];
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("linesBackwards yields the lines of any text, from the last one", async () => {
  const line = fc.stringMatching(/^[ab é]{0,4}$/);
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 1, maxLength: 8 }),
      fc.boolean(),
      async (lines, ended) => {
        const text = lines.join("\n") + (ended ? "\n" : "");
        const expected = text.split("\n");
        if (expected.at(-1) === "") expected.pop();
        assertEquals(await read(text), expected.reverse());
      },
    ),
    { seed: 22, numRuns: 200 },
  );
});

Deno.test("linesBackwards yields lines across the chunks that it reads", async () => {
  const lines = Array.from(
    { length: 30_000 },
    (_, index) => index % 7 === 0 ? "" : `line ${index}`,
  );
  assertEquals(await read(lines.join("\n") + "\n"), [...lines].reverse());
});
