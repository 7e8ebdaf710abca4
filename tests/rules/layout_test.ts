import { assertEquals } from "@std/assert";
import ts from "typescript";
import config from "../../deno.json" with { type: "json" };
import { files, nodes, parse, position, read } from "./sources.ts";

/** The longest file, in lines. */
const FILE_LINES = 400;
/** The longest function, in lines. */
const FUNCTION_LINES = 60;

Deno.test("no source file is longer than 400 lines", async () => {
  const long: string[] = [];
  for (const path of await files(".ts")) {
    const lines = (await read(path)).split("\n").length - 1;
    if (lines > FILE_LINES) long.push(`${path}: ${lines} lines`);
  }
  assertEquals(long, []);
});

Deno.test("no function is longer than 60 lines", async () => {
  const long: string[] = [];
  for (const path of await files(".ts")) {
    const source = await parse(path);
    for (const node of nodes(source)) {
      if (!ts.isFunctionLike(node)) continue;
      const lines = node.getText(source).split("\n").length;
      if (lines > FUNCTION_LINES) long.push(`${position(source, node)}: ${lines} lines`);
    }
  }
  assertEquals(long, []);
});

Deno.test("mod.ts contains only its documentation and re-exports", async () => {
  for (const path of await files("mod.ts")) {
    if (!/^(mod\.ts|protocols\/)/.test(path)) continue;
    const source = await parse(path);
    const others = source.statements.filter((statement) =>
      !(ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined) &&
      !isCommand(statement)
    );
    assertEquals(others.map((statement) => position(source, statement)), []);
    assertEquals(/^\/\*\*[^]*?@module\s+\*\//.test(source.getFullText()), true, path);
  }
});

/** True for `if (import.meta.main) …`: `deno run mod.ts` is the command line. */
function isCommand(statement: ts.Statement): boolean {
  return ts.isIfStatement(statement) && statement.expression.getText() === "import.meta.main";
}

Deno.test("source files are named in snake_case", async () => {
  const odd = (await files(".ts")).filter((path) => !/^[a-z0-9_/]+(\.d)?\.ts$/.test(path));
  assertEquals(odd, []);
});

Deno.test("functions at the top level of a module are declared, not assigned", async () => {
  const assigned: string[] = [];
  for (const path of await files(".ts")) {
    if (!/^(src|protocols)\//.test(path)) continue;
    const source = await parse(path);
    for (const statement of source.statements) {
      if (!ts.isVariableStatement(statement)) continue;
      const { declarations } = statement.declarationList;
      if (declarations.some(({ initializer }) => initializer && ts.isArrowFunction(initializer))) {
        assigned.push(position(source, statement));
      }
    }
  }
  assertEquals(assigned, []);
});

Deno.test("every built-in protocol can be imported by its name", async () => {
  const exported = new Set(Object.values(config.exports));
  const protocols = (await files(".ts")).filter((path) =>
    /^protocols\/((?!mod\b)\w+\.ts|\w+\/mod\.ts)$/.test(path)
  );
  const missing = protocols.filter((path) => !exported.has(`./${path}`));
  assertEquals(missing, []);
});
