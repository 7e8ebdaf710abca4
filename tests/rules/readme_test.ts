import { assertEquals, assertNotEquals } from "@std/assert";
import { read } from "./sources.ts";

const [english, chinese] = await Promise.all(["README.md", "README.zh-CN.md"].map(read));

/** The parts that are the same in every language, without the link to the other one. */
function structure(page: string): Record<string, string[]> {
  const blocks = page.match(/^```[^]*?^```$/gm) ?? [];
  const prose = page.replaceAll(/^```[^]*?^```$/gm, "");
  const find = (pattern: RegExp) => Array.from(prose.matchAll(pattern), ([, found]) => found);
  return {
    blocks,
    headings: find(/^(#+) /gm),
    links: find(/\]\(([^)]+)\)/g).slice(1),
    lists: find(/^(- )/gm),
    // The first cell of each row is an option, a command or a scheme, if it is code.
    rows: find(/^\| *(`[^`]+`|(?=[^\n`]*\|))/gm),
    numbers: find(/\b(\d[\d,.]*\d)\b/g).sort(),
  };
}

Deno.test("both READMEs have the same headings, code, links, tables and numbers", () => {
  assertEquals(structure(chinese), structure(english));
});

Deno.test("both READMEs link to each other", () => {
  assertEquals(/\]\((.+?)\)/.exec(english)?.[1], "README.zh-CN.md");
  assertEquals(/\]\((.+?)\)/.exec(chinese)?.[1], "README.md");
  assertNotEquals(chinese, english);
});
