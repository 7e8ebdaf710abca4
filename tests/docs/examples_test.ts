/**
 * The code of pages, as users of the npm package have it: checked by TypeScript with the package's
 * declarations, and run by Bun and the Node on PATH. `deno test --doc` runs it on Deno.
 */

import { assertEquals } from "@std/assert";
import ts from "typescript";
import { RUNTIMES } from "../helpers/runtimes.ts";
import { packed, Project } from "../npm/project.ts";
import { npmInstall } from "../tools.ts";
import { blocks, PAGES } from "./pages.ts";

/** The blocks that are complete modules. The other README has the same ones. */
const EXAMPLES = blocks(/^(README\.md|docs\/)/).filter(({ language }) => language === "ts");

/** How many examples run at the same time. */
const CONCURRENCY = 4;

/** How long one of them may take, in ms. */
const PATIENCE = 60_000;

/** The types that `@goer/goer/node` takes. All other modules of the package do without. */
const NODE_TYPES = "@types/node@22.20.5";

const OPTIONS: ts.CompilerOptions = {
  lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts", "lib.esnext.disposable.d.ts"],
  module: ts.ModuleKind.NodeNext,
  noEmit: true,
  strict: true,
  target: ts.ScriptTarget.ES2022,
  types: [],
};

/** The name of the file that an example is written into: `docs_guide_md_7`. */
function fileName(place: string): string {
  return place.replaceAll(/\W/g, "_");
}

/** A project with the package, one file per example, and a folder for `sendFile`. */
async function project(): Promise<Project> {
  const made = await Project.create((folder) => npmInstall(folder, [packed, NODE_TYPES]));
  await Deno.mkdir(`${made.folder}/docs`);
  await made.write("docs/http.md", PAGES.get("docs/http.md")!);
  for (const { place, code } of EXAMPLES) {
    await made.write(`${fileName(place)}.ts`, `${code}\nexport {};\n`);
    // Node 20 has no `using`.
    const { outputText } = ts.transpileModule(code, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: OPTIONS.target },
    });
    await made.write(`${fileName(place)}.mjs`, outputText);
  }
  return made;
}

let made: Project;
Deno.test.beforeAll(async () => void (made = await project()));
Deno.test.afterAll(() => made[Symbol.asyncDispose]());

Deno.test("every example on a page compiles with tsc --strict and the types of the npm package", () => {
  const ofNode = EXAMPLES.filter(({ code }) => code.includes("@goer/goer/node"));
  const others = EXAMPLES.filter((example) => !ofNode.includes(example));
  assertEquals(problemsOf(made, ofNode, { types: ["node"] }), []);
  assertEquals(problemsOf(made, others), []);
  assertEquals(others.length > 20, true, `only ${others.length} examples were found`);
});

/** What TypeScript finds in the files of examples. */
function problemsOf(
  { folder }: Project,
  examples: typeof EXAMPLES,
  options: ts.CompilerOptions = {},
): string[] {
  const paths = examples.map(({ place }) => `${folder}/${fileName(place)}.ts`);
  const typeRoots = [`${folder}/node_modules/@types`];
  const program = ts.createProgram(paths, { ...OPTIONS, typeRoots, ...options });
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
    const text = ts.flattenDiagnosticMessageText(messageText, " ");
    return `${file?.fileName.slice(folder.length + 1)}, line ${line}: ${text}`;
  });
}

for (const { name, path } of RUNTIMES.filter(({ name }) => name !== "deno")) {
  Deno.test(`every example on a page runs to its end on ${name}`, async () => {
    const failures: string[] = [];
    const waiting = [...EXAMPLES];
    const work = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const { success, stderr } = await new Deno.Command(path, {
          args: [`${fileName(next.place)}.mjs`],
          cwd: made.folder,
          stdin: "null",
          stdout: "null",
          signal: AbortSignal.timeout(PATIENCE),
        }).output();
        if (!success) failures.push(`${next.place}: ${new TextDecoder().decode(stderr)}`);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
    assertEquals(failures.sort(), []);
  });
}
