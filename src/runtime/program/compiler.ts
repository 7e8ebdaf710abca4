/**
 * Compiles executables with `deno compile` or Bun.
 *
 * @module
 */

import { execFile } from "node:child_process";
import * as fs from "node:fs";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { runtime } from "../mod.ts";
import { withoutColours } from "../process/environment.ts";
import { ownProgram } from "./own_program.ts";
import { findHost, findUpwards } from "./external_runtimes.ts";

/** The runtimes that can compile. */
export type CompilerName = "deno" | "bun";

/** A compiler. */
export interface Compiler {
  name: CompilerName;
  /** The runtime's executable. */
  executable: string;
  /** Set if the compiler is this program itself, to make it act as plain Bun. */
  environment?: Record<string, string>;
}

/** What {@linkcode compileApp} takes. */
export interface CompileOptions {
  /** The app's module. */
  app: string;
  /** The executable to write. */
  output: string;
  /** The module of the `goer` command: a URL. */
  command: string;
  /** The URLs of Goer's modules, by name. */
  names: Record<string, string>;
  /** The configuration for Goer's own modules, on Deno. */
  config?: string;
  /** Another system, by the compiler's name for it. */
  target?: string;
  /** Files to include. Deno only. */
  include: string[];
}

/** The compiler of this name, or the first available one; `undefined` if there is none. */
export function findCompiler(wanted?: CompilerName): Compiler | undefined {
  const own = ownCompiler();
  if (own !== undefined && (wanted ?? own.name) === own.name) return own;
  for (const name of wanted === undefined ? ["deno", "bun"] as const : [wanted]) {
    const executable = findHost(name);
    if (executable !== undefined) return { name, executable };
  }
}

/** The current runtime, if it can compile. */
function ownCompiler(): Compiler | undefined {
  const compiler = ownProgram.compiler();
  return compiler && { name: runtime.name as CompilerName, ...compiler };
}

/**
 * Compiles an app and Goer into one executable.
 *
 * @param folder An empty folder, to be removed afterwards.
 * @throws With the compiler's output if it fails.
 */
export async function compileApp(
  compiler: Compiler,
  options: CompileOptions,
  folder: string,
): Promise<void> {
  try {
    const entry = join(folder, "entry.mjs");
    fs.writeFileSync(entry, entryModule(folder, options));
    const words = compiler.name === "deno"
      ? denoWords(folder, entry, options)
      : bunWords(folder, entry, options);
    // Its errors are shown as text.
    const compiling = promisify(execFile)(compiler.executable, words, {
      env: { ...withoutColours(process.env), ...compiler.environment },
      maxBuffer: Infinity,
    });
    compiling.child.stdin?.end();
    await compiling;
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw stderr ? new Error(stderr.trim(), { cause: error }) : error;
  }
}

/**
 * The supervisor is the same program as its workers, so the entry module must not load the app
 * itself.
 */
function entryModule(folder: string, { app, command }: CompileOptions): string {
  return `import { main } from ${JSON.stringify(relativeTo(folder, command))};

await main({ app: () => import(${JSON.stringify(relativeTo(folder, pathToFileURL(app).href))}) });
`;
}

/** Files of a Deno executable are in other folders, but keep their relative positions. */
function relativeTo(folder: string, url: string): string {
  if (!url.startsWith("file:")) return url;
  const path = relative(fs.realpathSync(folder), fs.realpathSync(fileURLToPath(url)));
  return `./${path.replaceAll("\\", "/")}`;
}

function denoWords(folder: string, entry: string, options: CompileOptions): string[] {
  const { app, names, output, target, include } = options;
  const config = findUpwards(dirname(app), ["deno.json", "deno.jsonc"]) ?? options.config;
  const map = join(folder, "import_map.json");
  const imports = Object.entries(names).map(([name, url]) => [name, relativeTo(folder, url)]);
  fs.writeFileSync(map, JSON.stringify({ imports: Object.fromEntries(imports) }));
  return [
    ...["compile", "--quiet", "--allow-all", "--no-prompt", "--no-check", "--unstable-net"],
    ...config === undefined ? ["--no-config", `--import-map=${map}`] : [`--config=${config}`],
    ...target === undefined ? [] : [`--target=${target}`],
    ...include.map((path) => `--include=${path}`),
    `--output=${output}`,
    entry,
  ];
}

/**
 * The executable reads `.env` itself, as on the other runtimes. Bun resolves these names only
 * with a plugin, and accepts plugins only in a script.
 */
function bunWords(folder: string, entry: string, options: CompileOptions): string[] {
  const { names, output: outfile, target } = options;
  const script = join(folder, "build.mjs");
  fs.writeFileSync(
    script,
    `import { fileURLToPath } from "node:url";

const names = ${JSON.stringify(names)};
const result = await Bun.build({
  entrypoints: [${JSON.stringify(entry)}],
  compile: ${JSON.stringify({ outfile, target, autoloadDotenv: false })},
  plugins: [{
    name: "goer",
    setup(build) {
      build.onResolve({ filter: /^file:|^@goer\\// }, ({ path }) => {
        const url = Object.hasOwn(names, path) ? names[path] : path;
        return url.startsWith("file:") ? { path: fileURLToPath(url) } : undefined;
      });
    },
  }],
  throw: false,
});
for (const message of result.logs) console.error(String(message));
process.exit(result.success ? 0 : 1);
`,
  );
  return [script];
}
