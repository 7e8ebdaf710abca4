import { assertEquals } from "@std/assert";
import ts from "typescript";
import { files, nodes, parse, position } from "./sources.ts";

/** Functions that set a native timer. */
const ARMS = new Set(["delay", "setTimeout", "setInterval", "timeout", "startNativeTimer"]);

/** Files whose delays are limited elsewhere: the state machine limits them. */
const LIMITED = ["src/runtime/process/native_timer.ts", "src/supervisor/supervisor.ts"];

Deno.test("no native timer is set for more than 2^31 - 1 ms, because it would fire immediately", async () => {
  const violations: string[] = [];
  for (const path of await files(".ts")) {
    if (!/^(src|protocols)\//.test(path) || LIMITED.includes(path)) continue;
    const source = await parse(path);
    for (const node of nodes(source)) {
      if (!ts.isCallExpression(node) || !armsTimer(node)) continue;
      const delay = node.arguments.at(-1)?.getText(source) ?? "";
      if (/^([A-Z_]+|\d{1,9}|nativeDelay\([^]*\))$/.test(delay)) continue;
      violations.push(
        `${position(source, node)}: the delay ${delay} is no constant: nativeDelay() it`,
      );
    }
  }
  assertEquals(violations, []);
});

function armsTimer({ expression }: ts.CallExpression): boolean {
  if (ts.isIdentifier(expression)) return ARMS.has(expression.text);
  return ts.isPropertyAccessExpression(expression) &&
    expression.expression.getText() === "AbortSignal" && ARMS.has(expression.name.text);
}
