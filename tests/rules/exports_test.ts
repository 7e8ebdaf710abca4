import { assertEquals } from "@std/assert";
import ts from "typescript";
import config from "../../deno.json" with { type: "json" };
import { files, parse } from "./sources.ts";

/** The functions, classes and constants that a module exports itself. */
function exportedValues(source: ts.SourceFile): string[] {
  return source.statements.flatMap((statement) => {
    const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) ?? [] : [];
    if (!modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
    if (ts.isVariableStatement(statement)) {
      return statement.declarationList.declarations.map(({ name }) => name.getText());
    }
    const named = ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement);
    return named && statement.name !== undefined ? [statement.name.text] : [];
  });
}

/**
 * The words in a module's imports and re-exports, or in the whole module if it imports dynamically.
 */
function importedWords(source: ts.SourceFile): Set<string> {
  const imports = source.statements.filter((statement) =>
    ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)
  );
  const late = /\bimport\(/.test(source.text) ? source.text : "";
  const text = imports.map((statement) => statement.getText()).join("\n") + late;
  return new Set(text.match(/[\w$]+/g));
}

/**
 * The modules that a module imports or re-exports as a whole: `import * as hold from "./hold.ts"`.
 */
function importedWhole(source: ts.SourceFile): string[] {
  const whole = /^(?:import|export) \*.* from "(\..*)";$/gm;
  return Array.from(
    source.text.matchAll(whole),
    ([, module]) => new URL(module, `file:///${source.fileName}`).pathname.slice(1),
  );
}

Deno.test("every exported value is imported by another module", async () => {
  const sources = new Map<string, ts.SourceFile>();
  for (const path of await files(".ts")) sources.set(path, await parse(path));
  const words = new Map([...sources].map(([path, source]) => [path, importedWords(source)]));
  const open = new Set([
    ...Object.values(config.exports).map((path) => path.slice(2)), // For users of the package.
    ...[...sources.values()].flatMap(importedWhole),
  ]);
  const unused: string[] = [];
  for (const [path, source] of sources) {
    if (!/^(src|protocols)\//.test(path) || open.has(path)) continue;
    const others = [...words].filter(([other]) => other !== path).map(([, found]) => found);
    const names = exportedValues(source).filter((name) => !others.some((one) => one.has(name)));
    unused.push(...names.map((name) => `${path}: ${name}`));
  }
  assertEquals(unused, []);
});
