import { assertEquals } from "@std/assert";
import ts from "typescript";
import { files, nodes, parse, position } from "./sources.ts";

/** Language features that Node 20 lacks. */
const NEWER = new Set([
  "Array.fromAsync",
  "Error.isError",
  "Map.groupBy",
  "Object.groupBy",
  "Promise.try",
  "Promise.withResolvers",
  "RegExp.escape",
  "Uint8Array.fromBase64",
  "Uint8Array.fromHex",
]);

Deno.test("published code uses no language features that Node 20 lacks", async () => {
  const violations: string[] = [];
  for (const path of await files(".ts")) {
    if (!/^(src|protocols)\/|^(mod|cli)\.ts$/.test(path)) continue;
    const source = await parse(path);
    for (const node of nodes(source)) {
      if (!ts.isPropertyAccessExpression(node) || !NEWER.has(node.getText(source))) continue;
      violations.push(`${position(source, node)}: ${node.getText(source)}`);
    }
  }
  assertEquals(violations, []);
});
