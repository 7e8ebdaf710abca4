/**
 * `goer compile`: an app and Goer as one executable.
 *
 * @module
 */

import { GoerError } from "../errors.ts";
import {
  compileApp,
  type CompileOptions,
  type Compiler,
  type CompilerName,
  findCompiler,
} from "../runtime/program/compiler.ts";
import {
  createFolder,
  fileExists,
  inTemporaryFolder,
  isUrl,
  joinPath,
  pathToFileURL,
  resolvePath,
} from "../runtime/files/file_system.ts";
import { commandModule } from "../runtime/program/launch.ts";
import { PACKAGE_NAME } from "../runtime/program/module_hooks.ts";
import { writeOutput } from "../runtime/process/output.ts";
import { VERSION } from "../version.ts";
import type { Arguments } from "./arguments.ts";
import type { Program } from "./program.ts";
import { whileShown } from "./replies.ts";
import { appModule } from "./target.ts";
import { EXIT_CODES } from "./usage.ts";
import { UsageError } from "./words.ts";

/** The parts of Goer to compile. */
type Sources = Pick<CompileOptions, "command" | "names" | "config">;

/** Compiles the app. */
export async function compile(read: Arguments, program: Program): Promise<number> {
  const app = appModule(read);
  if (!fileExists(app)) throw new UsageError(`Cannot find the app "${app}"`);
  if (read.entry && !commandModule().endsWith(".ts")) {
    throw new GoerError(
      "GOER_NOT_SUPPORTED",
      `Cannot compile "${app}" with its own command: run "goer compile ${read.operand}" instead`,
    );
  }
  const compiler = compilerFor(read.runtime);
  const output = resolvePath(read.output ?? baseName(app));
  const { target, include } = read;
  await inTemporaryFolder(async (folder) => {
    const sources = await sourcesOf(program, folder);
    refuseSources(compiler, sources);
    try {
      const options = { app, output, target, include, ...sources };
      await whileShown(
        `compiling with ${compiler.name}`,
        read,
        () => compileApp(compiler, options, folder),
      );
    } catch (cause) {
      const { message } = cause as Error;
      throw new GoerError("GOER_APP", `Cannot compile "${app}": ${message}`, { cause });
    }
  });
  writeOutput(`Compiled ${output} with ${compiler.name}\n\nNow run:\n\n  ${output} start\n`);
  return EXIT_CODES.done;
}

function compilerFor(wanted: string | undefined): Compiler {
  if (wanted === "node") {
    throw new UsageError("Node cannot compile an app: use --runtime deno or --runtime bun");
  }
  const compiler = findCompiler(wanted as CompilerName | undefined);
  if (compiler !== undefined) return compiler;
  const missing = wanted ?? "deno or bun";
  throw new GoerError(
    "GOER_NOT_SUPPORTED",
    `Cannot compile: cannot find ${missing} on PATH. Install it, or add it to PATH`,
  );
}

/** Where Goer's own modules are: in this executable, in the npm package, or at their source. */
async function sourcesOf({ scripts, modules }: Program, folder: string): Promise<Sources> {
  if (scripts !== undefined) {
    const unpacked = joinPath(folder, "scripts");
    const files = await scripts();
    createFolder(unpacked, files);
    const { imports } = JSON.parse(files["import_map.json"]) as { imports: Record<string, string> };
    const names = Object.entries(imports)
      .map(([name, path]) => [name, pathToFileURL(joinPath(unpacked, path)).href]);
    return {
      command: pathToFileURL(joinPath(unpacked, "cli.js")).href,
      names: Object.fromEntries(names),
    };
  }
  if (modules !== undefined) {
    const names = Object.entries(modules).map(([path, url]) => [PACKAGE_NAME + path.slice(1), url]);
    return { command: modules["./cli"] as string, names: Object.fromEntries(names) };
  }
  const module = commandModule();
  const local = !isUrl(module);
  const published = `jsr:${PACKAGE_NAME}@${VERSION}`;
  return {
    command: local ? pathToFileURL(module).href : module,
    names: { [PACKAGE_NAME]: published, [`${PACKAGE_NAME}/`]: `${published.replace(":", ":/")}/` },
    config: local ? resolvePath(module, "../deno.json") : undefined,
  };
}

/** Bun cannot resolve the library names that the sources import. */
function refuseSources({ name }: Compiler, { command }: Sources): void {
  if (name === "deno" || !command.endsWith(".ts")) return;
  throw new GoerError(
    "GOER_NOT_SUPPORTED",
    "Cannot compile with bun from Goer's sources: use the npm package or the executable of Goer",
  );
}

function baseName(app: string): string {
  return app.slice(app.lastIndexOf("/") + 1).replace(/\.[^.]*$/, "");
}
