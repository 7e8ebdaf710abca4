import { assertEquals } from "@std/assert";
import { files, read } from "./sources.ts";

const PAGE = "docs/architecture.md";

Deno.test("every path that the architecture page names exists", async () => {
  const paths = await files("");
  const missing = (await namedPaths()).filter((named) =>
    !paths.some((path) => named.endsWith("/") ? path.startsWith(named) : path === named)
  );
  assertEquals(missing, []);
});

Deno.test("the architecture page describes each folder of the sources", async () => {
  const named = new Set(await namedPaths());
  const folders = new Set(
    (await files(".ts")).map((path) => /^(src|protocols)\/(\w+\/)?/.exec(path)?.[0] ?? "src/"),
  );
  assertEquals([...folders].filter((folder) => !named.has(folder)), []);
});

Deno.test("the architecture page says where to look first for at least 25 things", async () => {
  const [, table] = (await read(PAGE)).split("## Where to look first");
  const rows = table.match(/^\| .* \| `[^`]+` +\|$/gm) ?? [];
  assertEquals(rows.length >= 25, true, `there are ${rows.length}`);
});

/** The paths in code spans of the page. */
async function namedPaths(): Promise<string[]> {
  const words = (await read(PAGE)).match(/`[^`\n]+`/g) ?? [];
  return words.map((word) => word.slice(1, -1)).filter((word) => /^[\w./]+(\/|\.ts)$/.test(word));
}
