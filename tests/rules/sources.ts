/**
 * The repository's own files and their syntax trees, for the rules.
 *
 * @module
 */

import ts from "typescript";
import { ROOT } from "../tools.ts";

/** Folders that are not under version control, or not ours. */
const FOREIGN = new Set([".git", ".goer", "dist", "node_modules"]);

/** The paths of all files of the repository, relative to its root, that end in one of `endings`. */
export async function files(...endings: string[]): Promise<string[]> {
  const paths = await Array.fromAsync(walk(""));
  return paths.filter((path) => endings.some((ending) => path.endsWith(ending))).sort();
}

async function* walk(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(ROOT + folder)) {
    if (entry.isDirectory && !FOREIGN.has(entry.name)) yield* walk(`${folder}${entry.name}/`);
    if (entry.isFile) yield folder + entry.name;
  }
}

/** The text of a file of the repository. */
export function read(path: string): Promise<string> {
  return Deno.readTextFile(ROOT + path);
}

/** The syntax tree of a TypeScript file of the repository. */
export async function parse(path: string): Promise<ts.SourceFile> {
  return ts.createSourceFile(path, await read(path), ts.ScriptTarget.Latest, true);
}

/** All nodes below `node`, itself first. */
export function* nodes(node: ts.Node): Generator<ts.Node> {
  yield node;
  const children: ts.Node[] = [];
  node.forEachChild((child) => {
    children.push(child);
  });
  for (const child of children) yield* nodes(child);
}

/** One import or re-export of a module. */
export interface Import {
  /** The path from the root of the repository; for libraries, the bare name. */
  readonly module: string;
  /** True if only types are imported. */
  readonly typeOnly: boolean;
  /** True for `import()`. */
  readonly dynamic: boolean;
}

/** All imports of a source file that are literal. */
export function importsOf(source: ts.SourceFile): Import[] {
  const found: Import[] = [];
  for (const node of nodes(source)) {
    if (ts.isImportDeclaration(node)) {
      found.push(imported(source, node.moduleSpecifier, node.importClause?.isTypeOnly ?? false));
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      found.push(imported(source, node.moduleSpecifier, node.isTypeOnly));
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      found.push(imported(source, node.argument.literal as ts.Expression, true));
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      found.push({ ...imported(source, node.arguments[0], false), dynamic: true });
    }
  }
  return found.filter(({ module }) => module !== "");
}

function imported(source: ts.SourceFile, specifier: ts.Expression, typeOnly: boolean): Import {
  const name = ts.isStringLiteral(specifier) ? specifier.text : "";
  const module = name.startsWith(".")
    ? new URL(name, `file:///${source.fileName}`).pathname.slice(1)
    : name;
  return { module, typeOnly, dynamic: false };
}

/** The position of a node, as `path:line`. */
export function position(source: ts.SourceFile, node: ts.Node): string {
  const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
  return `${source.fileName}:${line + 1}`;
}
