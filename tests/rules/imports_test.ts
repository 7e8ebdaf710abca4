import { assertEquals } from "@std/assert";
import ts from "typescript";
import { files, type Import, importsOf, nodes, parse, position } from "./sources.ts";

/** What a folder's files may import, beside their own folder. */
const ALLOWED: Record<string, (imported: Import) => boolean> = {
  // The contract.
  "src/protocol/": () => false,
  "protocols/": ({ module, typeOnly }) =>
    /^src\/(bytes|protocol)\//.test(module) ||
    /^src\/(calls|errors|numbers|option_types|printable|promises)\.ts$/.test(module) ||
    /^src\/runtime\/(mod|text|digest|compression|content_files)\.ts$/.test(module) ||
    /^(@std\/(http|media-types)\/|pako$)/.test(module) ||
    typeOnly && module.startsWith("src/timer/"),
  "src/bus/": ({ module }) =>
    /^src\/(errors|numbers|timer\/timers)\.ts$/.test(module) ||
    module === "src/runtime/buffer.ts" ||
    /^@(redis\/client|nats-io\/transport-node)(\/|$)/.test(module),
  "src/bytes/": ({ module, typeOnly }) =>
    module === "src/errors.ts" || typeOnly && module.startsWith("src/protocol/"),
  "src/groups/": ({ module, typeOnly }) =>
    /^src\/(bus|timer)\//.test(module) || /^src\/(calls|errors|numbers)\.ts$/.test(module) ||
    module === "src/bytes/outgoing.ts" || module === "src/connection/service.ts" ||
    module === "src/start_info.ts" || module === "src/runtime/process_wide.ts" ||
    typeOnly && /^src\/(connection|protocol)\//.test(module),
  "src/timer/": ({ module }) =>
    /^src\/(calls|errors|numbers|option_types|promises|start_info)\.ts$/.test(module) ||
    module === "croner" ||
    /^src\/runtime\/(native_timer|process_wide)\.ts$/.test(module),
};

/** Where data passes: none of it may know how processes are supervised or commands are read. */
const DATA_PATH = [
  "protocols/",
  "src/address.ts",
  "src/bytes/",
  "src/connection/",
  "src/runtime/",
  "src/timer/",
  "src/transport/",
];

/** Names that belong to one runtime. */
const RUNTIME_NAMES = new Set(["Deno", "Bun", "process", "Buffer"]);

Deno.test("each layer imports only the layers below it", async () => {
  const violations: string[] = [];
  for (const [folder, allowed] of Object.entries(ALLOWED)) {
    for (const path of (await files(".ts")).filter((path) => path.startsWith(folder))) {
      for (const imported of importsOf(await parse(path))) {
        if (!imported.module.startsWith(folder) && !allowed(imported)) {
          violations.push(`${path} imports ${imported.module}`);
        }
      }
    }
  }
  assertEquals(violations, []);
});

Deno.test("the data path imports neither supervisor nor command line", async () => {
  const violations: string[] = [];
  for (const path of await files(".ts")) {
    if (!DATA_PATH.some((prefix) => path.startsWith(prefix))) continue;
    for (const { module } of importsOf(await parse(path))) {
      if (/^(src\/supervisor\/|src\/cli\/|cli\.ts)/.test(module)) {
        violations.push(`${path} imports ${module}`);
      }
    }
  }
  assertEquals(violations, []);
});

Deno.test("only src/runtime names a runtime", async () => {
  const violations: string[] = [];
  for (const path of await files(".ts")) {
    if (!/^(src\/(?!runtime\/)|protocols\/|mod\.ts|cli\.ts)/.test(path)) continue;
    const source = await parse(path);
    for (const node of nodes(source)) {
      if (namesRuntime(node)) violations.push(`${position(source, node)}: ${node.getText(source)}`);
    }
  }
  assertEquals(violations, []);
});

/** True for `Deno`, `globalThis.Bun`, `"node:net"`; not for a property or a local called `process`. */
function namesRuntime(node: ts.Node): boolean {
  if (ts.isStringLiteral(node)) return node.text.startsWith("node:");
  if (!ts.isIdentifier(node) || !RUNTIME_NAMES.has(node.text)) return false;
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) {
    return ts.isIdentifier(parent.expression) && parent.expression.text === "globalThis";
  }
  return ts.isPropertyAccessExpression(parent) || ts.isCallExpression(parent) ||
    ts.isNewExpression(parent) || ts.isTypeReferenceNode(parent) || ts.isTypeOfExpression(parent);
}
