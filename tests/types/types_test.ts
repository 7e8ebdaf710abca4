import { assertEquals } from "@std/assert";
import ts from "typescript";
import { packed, Project } from "../npm/project.ts";
import { npmInstall, ROOT } from "../tools.ts";

const OPTIONS: ts.CompilerOptions = {
  lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts", "lib.esnext.disposable.d.ts"],
  exactOptionalPropertyTypes: true,
  module: ts.ModuleKind.NodeNext,
  noEmit: true,
  strict: true,
  target: ts.ScriptTarget.ES2022,
  types: [],
};

// `deno check` checks the same file against the sources.
Deno.test("the types of the npm package accept valid code and refuse the rest", async () => {
  await using project = await Project.create((folder) => npmInstall(folder, [packed]));
  await project.write("api.ts", await Deno.readTextFile(`${ROOT}tests/types/api.ts`));
  const program = ts.createProgram([`${project.folder}/api.ts`], OPTIONS);
  const problems = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
    return `line ${line}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
  });
  assertEquals(problems, []);
});
