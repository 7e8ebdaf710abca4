import { assertEquals } from "@std/assert";
import ts from "typescript";
import { files, nodes, parse, position, read } from "./sources.ts";

/** The members of the union `ErrorCode`, in order. */
async function codes(): Promise<string[]> {
  for (const node of nodes(await parse("src/errors.ts"))) {
    if (!ts.isTypeAliasDeclaration(node) || node.name.text !== "ErrorCode") continue;
    return [...nodes(node.type)].filter(ts.isStringLiteral).map(({ text }) => text);
  }
  return [];
}

Deno.test("docs/errors.md explains every error code, in the order of the union", async () => {
  const page = await read("docs/errors.md");
  const explained = [...page.matchAll(/^## (GOER_\w+)$/gm)].map(([, code]) => code);
  assertEquals(explained, await codes());
});

Deno.test("error messages begin with a capital or a handler, and end without a full stop", async () => {
  const odd: string[] = [];
  for (const path of await files(".ts")) {
    if (!/^(src|protocols)\/|^cli\.ts/.test(path)) continue;
    const source = await parse(path);
    for (const node of nodes(source)) {
      const message = ts.isNewExpression(node) ? messageOf(node) : undefined;
      if (
        message !== undefined &&
        (!/^([A-Z]|\$\{|(on[A-Z]|fetch ))/.test(message) || /[^.]\.$/.test(message))
      ) {
        odd.push(`${position(source, node)}: ${message}`);
      }
    }
  }
  assertEquals(odd, []);
});

/** The message of a created error, if it is a literal. */
function messageOf(node: ts.NewExpression): string | undefined {
  if (!/^(Goer|Protocol|Type|Range)?Error$/.test(node.expression.getText())) return undefined;
  for (const argument of node.arguments ?? []) {
    const text = ts.isStringLiteral(argument) || ts.isTemplateExpression(argument) ||
        ts.isNoSubstitutionTemplateLiteral(argument)
      ? argument.getText().slice(1, -1)
      : "GOER_";
    if (!text.startsWith("GOER_")) return text;
  }
  return undefined;
}
