import { assertEquals } from "@std/assert";
import { files, importsOf, parse } from "./sources.ts";

/** The imports of each file, including type imports. */
type Graph = ReadonlyMap<string, readonly string[]>;

Deno.test("no files import each other in a cycle, including type imports", async () => {
  assertEquals(cyclesOf(await importGraph()), []);
});

Deno.test("an import cycle is found, with its path", () => {
  const graph = new Map([["a", ["b", "d"]], ["b", ["c"]], ["c", ["a"]], ["d", ["c"]], ["e", [
    "a",
  ]]]);
  assertEquals(cyclesOf(graph), ["a -> b -> c -> a (with d)"]);
});

async function importGraph(): Promise<Graph> {
  const graph = new Map<string, string[]>();
  for (const path of await files(".ts")) {
    if (!/^(src\/|protocols\/|mod\.ts|cli\.ts)/.test(path)) continue;
    graph.set(path, importsOf(await parse(path)).map(({ module }) => module));
  }
  return graph;
}

/** The cycles of a graph: one for each set of files that all reach each other. */
function cyclesOf(graph: Graph): string[] {
  return components(graph).filter((files) => files.length > 1).map((files) => {
    const circle = circleIn(graph, files.sort());
    const others = files.filter((file) => !circle.includes(file));
    const rest = others.length === 0 ? "" : ` (with ${others.join(", ")})`;
    return `${[...circle, circle[0]].join(" -> ")}${rest}`;
  });
}

/** The strongly connected components of a graph, by Tarjan's algorithm. */
function components(graph: Graph): string[][] {
  const found: string[][] = [];
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  function visit(file: string): void {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    open.push(file);
    for (const next of graph.get(file) ?? []) {
      if (!graph.has(next)) continue;
      if (!order.has(next)) visit(next);
      if (open.includes(next)) {
        lowest.set(file, Math.min(lowest.get(file)!, lowest.get(next)!));
      }
    }
    if (lowest.get(file) === order.get(file)) found.push(open.splice(open.indexOf(file)));
  }
  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return found;
}

/** The shortest path from the first of `files` back to itself. */
function circleIn(graph: Graph, files: readonly string[]): string[] {
  const ways: string[][] = [[files[0]]];
  for (const way of ways) {
    for (const next of graph.get(way.at(-1)!) ?? []) {
      if (next === files[0]) return way;
      if (files.includes(next) && !ways.some((other) => other.includes(next))) {
        ways.push([...way, next]);
      }
    }
  }
  return [...files];
}
