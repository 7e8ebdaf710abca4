/**
 * Compiles the `goer` command into one executable, `dist/goer`, with `deno compile` or `bun build
 * --compile`.
 *
 * @example
 * ```sh
 * deno task compile                                      # for this system
 * deno task compile --target aarch64-apple-darwin        # for another one
 * deno task compile:bun --target bun-windows-x64 --output dist/goer.exe
 * ```
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import config from "../deno.json" with { type: "json" };
import { installBun, ROOT } from "../tests/tools.ts";
import { buildIfStale, DIST, SCRIPTS, scripts } from "./build.ts";

/** What is compiled: the scripts of the npm package, and two files that are written here. */
const WORK = `${ROOT}.goer/executable/`;

/**
 * Resolves imports of Goer by name, and contains the scripts, for apps that use another runtime.
 */
const ENTRY = `import { main } from "./cli.js";

await main({
  modules: {
${SCRIPTS.map(([name, path]) => `    "${name}": () => import("${path}"),\n`).join("")}  },
  scripts: async () => (await import("./scripts.json", { with: { type: "json" } })).default,
});
`;

/** Options of {@linkcode compile}. */
export interface CompileOptions {
  /** The compiler. Its runtime is in the executable. @default "deno" */
  by?: "deno" | "bun";
  /** Where the executable is written. @default dist/goer */
  output?: string;
  /** Another system, by the compiler's name for it. */
  target?: string;
  /** The compiler's executable. @default this Deno, or the Bun that tests use */
  compiler?: string;
}

/** Compiles the command, and returns the path of the executable. */
export async function compile(options: CompileOptions = {}): Promise<string> {
  const { by = "deno", output = `${ROOT}dist/goer`, target } = options;
  await prepare();
  const compiler = options.compiler ?? (by === "deno" ? Deno.execPath() : await installBun());
  if (compiler === undefined) throw new Error("Cannot compile: there is no bun");
  const words = by === "deno"
    ? ["compile", "--allow-all", "--no-prompt", "--no-check", "--quiet", "--output", output]
    : ["build", "--compile", "--outfile", output];
  if (target !== undefined) words.push("--target", target);
  const { success, stdout, stderr } = await new Deno.Command(compiler, {
    args: [...words, "entry.js"],
    cwd: WORK,
    stdin: "null",
  }).output();
  if (success) return output;
  const [out, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  throw new Error(`Cannot compile: ${errors}${out}`);
}

/** Prepares the files to compile. */
async function prepare(): Promise<void> {
  await buildIfStale();
  await Deno.remove(WORK, { recursive: true }).catch(() => {});
  await Deno.mkdir(WORK, { recursive: true });
  const embedded: Record<string, string> = {};
  for await (const path of scripts(DIST)) {
    const name = path.slice(DIST.length);
    embedded[name] = await Deno.readTextFile(path);
    await Deno.mkdir((WORK + name).replace(/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(WORK + name, embedded[name]);
  }
  const imports = Object.fromEntries(
    SCRIPTS.map(([name, path]) => [config.name + name.slice(1), path]),
  );
  embedded["import_map.json"] = JSON.stringify({ imports });
  // So that Node and Bun treat them as modules.
  embedded["package.json"] = JSON.stringify({ type: "module" });
  await Deno.writeTextFile(`${WORK}deno.json`, JSON.stringify({ imports, unstable: ["net"] }));
  await Deno.writeTextFile(`${WORK}scripts.json`, JSON.stringify(embedded));
  await Deno.writeTextFile(`${WORK}entry.js`, ENTRY);
}

if (import.meta.main) {
  const { bun, output, target } = parseArgs(Deno.args, {
    boolean: ["bun"],
    string: ["output", "target"],
  });
  const cwd = (path: string) => (path.startsWith("/") ? path : `${Deno.cwd()}/${path}`);
  const path = await compile({
    by: bun ? "bun" : "deno",
    output: output && cwd(output),
    target,
  });
  console.log(`${path}: ${((await Deno.stat(path)).size / 1e6).toFixed(0)} MB`);
}
